// Words that the corpus does not contain, so that what the model does with them was not remembered.

export const heldOutNames: readonly string[] = [
  "Bartholomew",
  "Xanthe",
  "Thaddeus",
  "Isolde",
  "Wilhelmina",
  "Cornelius",
  "Ottoline",
  "Percival",
  "Kwame",
  "Ximena",
  "Zbigniew",
  "Rajesh",
  "Svetlana",
  "Humphrey",
  "Guinevere",
  "Sebastian",
  "Ludmila",
  "Anastasia",
  "Beatrice",
  "Theodore",
];

export const heldOutCities: readonly string[] = [
  "Kathmandu",
  "Timbuktu",
  "Antananarivo",
  "Ljubljana",
  "Marrakesh",
  "Vladivostok",
  "Bishkek",
  "Tashkent",
  "Yerevan",
  "Gaborone",
  "Windhoek",
  "Lusaka",
  "Maputo",
  "Nantes",
  "Dresden",
  "Leipzig",
  "Gothenburg",
  "Turku",
  "Salzburg",
  "Charlotte",
];

export interface HeldOutTool {
  readonly name: string;
  readonly description: string;
  readonly parameter: string;
  readonly value: string;
}

export const heldOutTools: readonly HeldOutTool[] = [
  { name: "fetch_invoice", description: "Fetch an invoice.", parameter: "customer", value: "umbrella" },
  { name: "compose_haiku", description: "Compose a haiku.", parameter: "topic", value: "glacier" },
  { name: "translate_phrase", description: "Translate a phrase.", parameter: "phrase", value: "peppermint" },
  { name: "plot_graph", description: "Plots a graph", parameter: "formula", value: "cosine" },
  { name: "lock_gate", description: "", parameter: "gate", value: "northern" },
  { name: "paint_wall", description: "Paints a wall.", parameter: "shade", value: "turquoise" },
  { name: "resize_image", description: "Resize an image", parameter: "preset", value: "thumbnail" },
  { name: "restart_service", description: "Restart a service.", parameter: "service", value: "postgres" },
  { name: "water_plants", description: "Waters the plants.", parameter: "zone", value: "balcony" },
  { name: "archive_thread", description: "Archive a thread", parameter: "thread", value: "newsletter" },
];
