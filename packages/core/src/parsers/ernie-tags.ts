// The tags around the answer of ERNIE 4.5; the newlines next to them go with them.

export const responseTags: readonly string[] = [
  "<response>\n",
  "<response>",
  "\n</response>\n",
  "\n</response>",
  "</response>\n",
  "</response>",
];
