// Tools of everyday kinds: time, search, sums, timers, messages, prices, dates, records.

import type { Random } from "../random.ts";
import { aCity, aName, aPhrase, capitalise, madeUpWord, names } from "../words.ts";
import { said, saidText, type Use, type Value } from "./use.ts";

/** Tools of everyday kinds. */
export const everyday: readonly ((random: Random) => Use)[] = [
  (random) => {
    const city = aCity(random);
    const hour = random.integer(0, 23);
    const minute = random.integer(10, 59);
    const key = random.pick(["city", "timezone", "location"]);
    return {
      tool: {
        name: random.pick(["get_time", "get_current_time", "local_time"]),
        description: random.pick(["Get the current time in a city.", "Returns the local time", ""]),
        parameters: [{ name: key, type: "string" }],
      },
      user: random.pick([`What time is it in ${city}?`, `Tell me the time in ${city}.`, `Time in ${city}?`]),
      args: { [key]: city },
      ...said(random, { time: `${hour}:${minute}` }),
    };
  },
  (random) => {
    const query = aPhrase(random);
    const key = random.pick(["query", "q", "text"]);
    return {
      tool: {
        name: random.pick(["search", "web_search", "lookup", "find"]),
        description: random.pick(["Search the web.", "Searches for information.", ""]),
        parameters: [{ name: key, type: "string" }],
      },
      user: random.pick([`Search for ${query}`, `Search the web for ${query}`, `Look up ${query}`]),
      args: { [key]: query },
      ...saidText(random, aPhrase(random)),
    };
  },
  (random) => {
    const a = random.integer(0, 999);
    const b = random.integer(0, 999);
    const [word, verb, sign] = random.pick([
      ["add", "Add", "+"],
      ["multiply", "Multiply", "*"],
    ] as const);
    return {
      tool: {
        name: random.pick([word, `${word}_numbers`]),
        description: random.pick([`${verb} two numbers.`, ""]),
        parameters: [
          { name: "a", type: "number" },
          { name: "b", type: "number" },
        ],
      },
      user: random.pick([
        `${verb} ${a} and ${b}.`,
        `Please ${word} ${a} and ${b}`,
        `What is ${a} ${sign} ${b}?`,
      ]),
      args: { a, b },
      ...saidText(random, String(word === "add" ? a + b : a * b)),
    };
  },
  (random) => {
    const minutes = random.integer(1, 90);
    return {
      tool: {
        name: random.pick(["set_timer", "start_timer"]),
        description: random.pick(["Start a timer.", ""]),
        parameters: [{ name: "minutes", type: "number" }],
      },
      user: random.pick([`Set a timer for ${minutes} minutes.`, `Start a timer of ${minutes} minutes`]),
      args: { minutes },
      ...said(random, { status: "ok" }),
    };
  },
  (random) => {
    const to = aName(random);
    const body = aPhrase(random);
    const key = random.pick(["body", "message", "text"]);
    return {
      tool: {
        name: random.pick(["send_message", "send_email", "send_mail"]),
        description: random.pick(["Send a message to someone.", ""]),
        parameters: [
          { name: "to", type: "string" },
          { name: key, type: "string" },
        ],
      },
      user: random.pick([
        `Send "${body}" to ${to}.`,
        `Send ${to} the message "${body}"`,
        `Tell ${to}: ${body}`,
      ]),
      args: { to, [key]: body },
      ...said(random, { status: random.pick(["ok", "sent", "done"]) }),
    };
  },
  (random) => {
    const symbol = random.chance(0.5) ? capitalise(madeUpWord(random)) : madeUpWord(random).toUpperCase();
    const price = random.integer(1, 999);
    const key = random.pick(["symbol", "ticker", "item"]);
    return {
      tool: {
        name: random.pick(["get_price", "get_stock_price", "stock_price"]),
        description: random.pick(["Get the price of a stock.", ""]),
        parameters: [{ name: key, type: "string" }],
      },
      user: random.pick([`What is the price of ${symbol}?`, `How much is ${symbol}?`, `Price of ${symbol}?`]),
      args: { [key]: symbol },
      ...said(random, { price }),
    };
  },
  (random) => {
    const date = `${random.integer(2020, 2030)}-${random.integer(10, 12)}-${random.integer(10, 28)}`;
    return {
      tool: {
        name: random.pick(["get_date", "today", "current_date"]),
        description: random.pick(["Get the date of today.", ""]),
        parameters: [],
        bare: random.chance(0.5),
      },
      user: random.pick(["What day is it?", "What is the date today?", "Which date is it?"]),
      args: {},
      ...said(random, { date }),
    };
  },
  (random) => {
    const id = random.integer(1, 9999);
    const name = random.pick(names);
    const key = random.pick(["id", "user_id", "order_id"]);
    const what = key === "order_id" ? "order" : "user";
    return {
      tool: {
        name: random.pick([`get_${what}`, `find_${what}`, `lookup_${what}`]),
        description: random.pick([`Find a ${what} by id.`, ""]),
        parameters: [{ name: key, type: "number" }],
      },
      user: random.pick([`Find ${what} ${id}.`, `Who is ${what} ${id}?`, `Look up ${what} ${id}`]),
      args: { [key]: id },
      ...said(random, random.pick<Record<string, Value>>([{ name }, { name, status: "open" }, { id, name }])),
    };
  },
];
