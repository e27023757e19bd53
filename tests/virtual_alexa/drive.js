// Drives a door with virtual-alexa: signs with the simulator's key what it makes of each step, posts it, and lets it read the answer.
//
//   node drive.js JOB.json
//
// JOB: {"url", "skillId", "key" (PEM file), "chainUrl", "user", "model" (interaction model), "steps": [...]}
// A step: {"launch": true} | {"utter": "words"} | {"intend": "Intent", "slots": {...}} | {"end": true}
// One JSON line a step: {"request", "answer", "attributes" (of the session, afterwards), "dialog" (its state), "plays" (or null)}

"use strict";

const crypto = require("crypto");
const fs = require("fs");
const { createRequire } = require("module");

const { VirtualAlexa } = createRequire(`${process.cwd()}/`)("virtual-alexa");

const job = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const key = fs.readFileSync(job.key);
let last = null;

async function post(envelope) {
  const body = Buffer.from(JSON.stringify(envelope));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "signaturecertchainurl": job.chainUrl,
    "signature-256": crypto.sign("RSA-SHA256", body, key).toString("base64"),
  };
  const response = await fetch(job.url, { method: "POST", headers, body });
  const text = await response.text();
  if (response.status !== 200) {
    throw new Error(`HTTP ${response.status}: ${text}`);
  }
  last = { request: envelope, answer: JSON.parse(text) };
  return JSON.parse(text);
}

function take(alexa, step) {
  if (step.launch) return alexa.launch();
  if (step.end) return alexa.endSession();
  if (step.utter !== undefined) return alexa.utter(step.utter);
  return alexa.intend(step.intend, step.slots);
}

async function main() {
  const alexa = VirtualAlexa.Builder()
    .applicationID(job.skillId)
    .interactionModel(job.model)
    .handler(post)
    .create();
  alexa.context().user().setID(job.user);
  for (const step of job.steps) {
    await take(alexa, step);
    const session = alexa.context().session();
    const playing = alexa.audioPlayer().playing();
    const seen = {
      ...last,
      attributes: session ? session.attributes() : null,
      dialog: alexa.dialogManager().state() ?? null,
      plays: playing ? playing.stream.url : null,
    };
    process.stdout.write(`${JSON.stringify(seen)}\n`);
  }
}

main().catch((error) => {
  process.stderr.write(`${error && error.stack ? error.stack : error}\n`);
  process.exitCode = 1;
});
