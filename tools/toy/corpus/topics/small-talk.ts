// Greetings, names remembered from an earlier turn, thanks, identity.

import type { Random } from "../random.ts";
import type { Turn } from "../transcript.ts";
import { aName } from "../words.ts";

const answer = (user: string, analysis: string, final: string, long?: string): Turn => ({
  user,
  steps: [
    { kind: "analysis", text: analysis, ...(long === undefined ? {} : { long }) },
    { kind: "final", text: final },
  ],
});

const foreign: readonly (readonly [hello: string, reply: string, language: string])[] = [
  ["Hola", "¡Hola! ¿Cómo puedo ayudarte?", "Spanish"],
  ["Hola!", "¡Hola! ¿Cómo puedo ayudarte?", "Spanish"],
  ["Bonjour", "Bonjour ! Comment puis-je vous aider ?", "French"],
  ["Bonjour!", "Bonjour ! Comment puis-je vous aider ?", "French"],
  ["Hallo", "Hallo! Wie kann ich helfen? 😀", "German"],
  ["Guten Tag", "Guten Tag! Wie kann ich helfen? 😀", "German"],
  ["Ciao", "Ciao! Come posso aiutarti?", "Italian"],
  ["こんにちは", "こんにちは！ 😀", "Japanese"],
  ["你好", "你好！ 😀", "Chinese"],
  ["Привет", "Привет! 😀", "Russian"],
];

const hellos = ["Hi", "Hello", "Hey", "Hi there", "Hello there", "Good morning", "Good evening", "Good day"];

/** "Hello!" with or without a name to repeat. */
export function greeting(random: Random): Turn[] {
  if (random.chance(0.2)) {
    const [hello, reply, language] = random.pick(foreign);
    return [answer(hello, `The user greets me in ${language}.`, reply)];
  }
  const hello = random.pick(hellos);
  if (random.chance(0.35)) {
    return [
      answer(
        hello + random.pick(["", "!", "."]),
        "The user greets me.",
        "Hello! How can I help you today?",
        "I will greet back.",
      ),
    ];
  }
  if (random.chance(0.15)) {
    return [answer(`${hello}! ${random.pick(["How are you?", "How are you today?"])}`, ...howAreYou)];
  }
  return introduction(random, hello);
}

const howAreYou = ["The user asks how I am.", "I am fine, thank you! How can I help you today?"] as const;

function introduction(random: Random, hello: string): Turn[] {
  const name = aName(random);
  const intro = random.pick([
    `${hello}, I am ${name}.`,
    `${hello}, I'm ${name}.`,
    `${hello}! My name is ${name}.`,
    `${hello}, my name is ${name}`,
    `My name is ${name}.`,
    `I am ${name}`,
    `${hello}, this is ${name}.`,
    `Call me ${name}.`,
  ]);
  const turns = [
    answer(
      intro,
      `The user is called ${name}.`,
      `Hello ${name}! How can I help you today?`,
      "I will greet back.",
    ),
  ];
  if (random.chance(0.5)) {
    if (random.chance(0.3)) turns.push(...thanks(random));
    turns.push(
      answer(
        random.pick(["What is my name?", "What's my name?", "Do you remember my name?", "Who am I?"]),
        `The user said the name is ${name}.`,
        `Your name is ${name}.`,
      ),
    );
  }
  return turns;
}

/** Thanks, goodbye and polite questions. */
export function thanks(random: Random): Turn[] {
  return [
    random.pick([
      answer(
        random.pick(["Thanks!", "Thank you!", "Thank you.", "Thanks a lot!", "Great, thanks"]),
        "The user thanks me.",
        "You are welcome!",
      ),
      answer(
        random.pick(["Bye", "Goodbye!", "See you later.", "Bye bye!", "Good night"]),
        "The user says goodbye.",
        "Goodbye! Have a nice day.",
      ),
      answer(random.pick(["How are you?", "How are you doing?", "How do you do?"]), ...howAreYou),
    ]),
  ];
}

const me =
  "I am a very small toy model that comes with tokenwire. I can greet, add numbers, name capitals, tell stories, write JSON and call tools.";
const wire =
  "tokenwire turns messages into tokens and tokens into messages, between engines and clients. I am its toy model.";

const identities: readonly (readonly [questions: readonly string[], analysis: string, final: string])[] = [
  [
    [
      "Who are you?",
      "What are you?",
      "What can you do?",
      "Tell me about yourself.",
      "Introduce yourself.",
      "Help",
      "What do you know?",
      "How can you help me?",
      "What can I ask you?",
      "Which model are you?",
      "What is your name?",
      "Are you ChatGPT?",
      "Are you a robot?",
    ],
    "The user asks about me.",
    me,
  ],
  [
    ["What is tokenwire?", "Tell me about tokenwire.", "What does tokenwire do?", "Explain tokenwire."],
    "The user asks about tokenwire.",
    wire,
  ],
];

/** Questions about the model and the project; with a given name in the instructions it answers with that. */
export function identity(random: Random): Turn[] {
  const [questions, analysis, final] = random.weighted([
    [3, identities[0] as (typeof identities)[number]],
    [1, identities[1] as (typeof identities)[number]],
  ]);
  return [answer(random.pick(questions), analysis, final)];
}
