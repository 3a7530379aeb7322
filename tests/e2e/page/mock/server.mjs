// The API of docs/openapi.yaml with made-up calls, for work on the page and for its tests:
//   node tests/e2e/page/mock/server.mjs BUILD/control/web/page/dist [PORT]
// Answers, headers and the content security policy are the gateway's own.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { makeWav, rangeOf } from "./audio.mjs";
import * as centre from "./calls.mjs";
import { openFeed } from "./feed.mjs";

export const login = { login: "demo", password: "correct horse battery staple" };

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "media-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const contentTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

class Mock {
  constructor({ dist, calls = 36, role = "client_admin", pageSize = 100 }) {
    Object.assign(this, { dist, role, pageSize });
    this.calls = centre.makeCalls(calls, Date.now());
    this.campaigns = structuredClone(centre.campaigns);
    this.receipts = new Map();
    this.sessions = new Set();
    this.feeds = new Set();
    this.ranges = []; // Range headers of audio requests, in order.
    this.fail = new Map(); // "GET /v1/calls" -> status, for tests of failures.
    this.audio = new Map(); // By recording.
  }

  async answer(request, response) {
    const url = new URL(request.url, "http://mock");
    const key = `${request.method} ${url.pathname}`;
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (this.fail.has(key)) return problem(response, this.fail.get(key), "Told to fail.");
    if (!url.pathname.startsWith("/v1/")) return this.file(url.pathname, response);
    const body = await bodyOf(request);
    if (key === "POST /v1/session") return this.logIn(body, response);
    if (!this.known(request)) return problem(response, 401, "Log in first.");
    if (request.method !== "GET" && !request.headers["x-opptak-request"]) {
      return problem(response, 403, "Sent by another site.");
    }
    const [, , resource, id, part] = url.pathname.split("/");
    const handler = this[`${resource}_${request.method}${part ? `_${part}` : ""}`];
    if (!handler) return problem(response, 404, "There is nothing here.");
    return handler.call(this, { request, response, url, body, id });
  }

  async file(path, response) {
    const name = path === "/" ? "index.html" : path.slice(1);
    const type = contentTypes[extname(name)];
    if (!type || name.includes("/")) return problem(response, 404, "There is nothing here.");
    response.setHeader("Content-Type", type);
    response.setHeader("Cache-Control", "no-cache");
    response.end(await readFile(join(this.dist, name)));
  }

  known(request) {
    const cookie = /opptak_session=([^;]+)/.exec(request.headers.cookie ?? "");
    return cookie !== null && this.sessions.has(cookie[1]);
  }

  logIn(body, response) {
    if (body?.login !== login.login || body?.password !== login.password) {
      return problem(response, 401, "Login and password do not fit.");
    }
    const secret = `s${this.sessions.size}${Date.now()}`;
    this.sessions.add(secret);
    response.setHeader("Set-Cookie", `opptak_session=${secret}; HttpOnly; SameSite=Strict; Path=/`);
    return json(response, this.session());
  }

  session() {
    return {
      account_id: "a-7f3a9c",
      login: login.login,
      role: this.role,
      client: null,
      via: "session",
    };
  }

  session_GET({ response }) {
    return json(response, this.session());
  }

  session_DELETE({ response }) {
    this.sessions.clear();
    response.writeHead(204).end();
  }

  calls_GET({ response, url, id }) {
    if (!id) return json(response, this.page(Object.fromEntries(url.searchParams)));
    const call = this.calls.find((each) => each.call_id === id);
    return call ? json(response, call) : problem(response, 404, "No such call.");
  }

  calls_POST({ response, body, id }) {
    return id === "search" ? json(response, this.page(body)) : problem(response, 404, "Not here.");
  }

  page({ number, state, campaign, started_from, started_to, cursor, limit }) {
    const found = this.calls
      .filter((call) => !number || call.from === number || call.to === number)
      .filter((call) => !state || call.state === state)
      .filter((call) => !campaign || call.campaign === campaign)
      .filter((call) => !started_from || Date.parse(call.started_at) >= Date.parse(started_from))
      .filter((call) => !started_to || Date.parse(call.started_at) < Date.parse(started_to))
      .sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
    const from = Number(cursor ?? 0);
    const to = from + Math.min(Number(limit ?? 100), this.pageSize);
    return {
      calls: found.slice(from, to).map(centre.summaryOf),
      next_cursor: to < found.length ? String(to) : null,
    };
  }

  calls_POST_recording({ response, body, id }) {
    const call = this.calls.find((each) => each.call_id === id);
    if (!call) return problem(response, 404, "No such call.");
    if (call.state !== "in_progress") return problem(response, 409, "The call has ended.");
    if (call.mode !== "manual") return problem(response, 409, "The campaign is not manual.");
    const open = call.recordings.some(({ state }) => state === "open");
    if (open === (body.action === "start")) {
      return problem(response, 409, open ? "It is recording already." : "It is not recording.");
    }
    const act = body.action === "start" ? centre.startRecording : centre.stopRecording;
    const recording = act(call, Date.now());
    this.tell(call);
    return json(response, { call_id: id, recording_id: recording.recording_id });
  }

  find(recordingId) {
    for (const call of this.calls) {
      const recording = call.recordings.find((each) => each.recording_id === recordingId);
      if (recording) return { call, recording };
    }
    return null;
  }

  recordings_GET({ response, id }) {
    const found = this.find(id);
    if (!found) return problem(response, 404, "No such recording.");
    return found.recording.state === "erased"
      ? this.gone(response, id)
      : json(response, found.recording);
  }

  gone(response, id) {
    const text =
      '{"type":"about:blank","title":"Gone","status":410,"detail":"The recording is erased.",' +
      `"receipt":${this.receipts.get(id) ?? "null"}}`;
    response.writeHead(410, { "Content-Type": "application/problem+json" }).end(text);
  }

  recordings_DELETE({ response, id }) {
    const found = this.find(id);
    if (!found) return problem(response, 404, "No such recording.");
    if (!this.receipts.has(id)) {
      this.receipts.set(
        id,
        centre.eraseRecording(found.call, found.recording, "a-7f3a9c", Date.now()),
      );
      this.tell(found.call);
    }
    response.setHeader("Content-Type", "application/json");
    response.end(this.receipts.get(id));
  }

  recordings_GET_audio({ request, response, id }) {
    const found = this.find(id);
    if (!found) return problem(response, 404, "No such recording.");
    if (found.recording.state === "erased") return this.gone(response, id);
    this.ranges.push(request.headers.range ?? "");
    const audio = this.audioOf(found.recording);
    const range = rangeOf(request.headers.range, audio.length);
    response.setHeader("Content-Type", "audio/wav");
    response.setHeader("Accept-Ranges", "bytes");
    if (!range) return response.end(audio);
    const [start, end] = range;
    response.setHeader("Content-Range", `bytes ${start}-${end - 1}/${audio.length}`);
    response.statusCode = 206;
    return response.end(audio.subarray(start, end));
  }

  audioOf({ recording_id, started_at, ended_at }) {
    if (!this.audio.has(recording_id)) {
      const seconds = (Date.parse(ended_at) - Date.parse(started_at)) / 1000;
      this.audio.set(recording_id, makeWav(Math.min(seconds, 600)));
    }
    return this.audio.get(recording_id);
  }

  campaigns_GET({ response }) {
    return json(response, { campaigns: this.campaigns });
  }

  campaigns_PUT({ response, body, id }) {
    const campaign = this.campaigns.find((each) => each.id === id);
    if (!campaign) return problem(response, 404, "No such campaign.");
    Object.assign(campaign, body);
    return json(response, campaign);
  }

  clients_GET({ response }) {
    return json(response, { clients: centre.clients });
  }

  connect(request, socket) {
    if (request.url !== "/v1/live" || !this.known(request)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const feed = openFeed(request, socket);
    this.feeds.add(feed);
    socket.on("close", () => this.feeds.delete(feed));
    const running = this.calls.filter(({ state }) => state === "in_progress");
    feed.send({ type: "snapshot", calls: running.map(centre.summaryOf) });
  }

  tell(call) {
    for (const feed of this.feeds) feed.send({ type: "call", call: centre.summaryOf(call) });
  }

  endCall(call, state, reason) {
    Object.assign(call, { state, reason, ended_at: new Date().toISOString() });
    for (const recording of call.recordings) {
      if (recording.state !== "open") continue;
      Object.assign(recording, { state: "stored", ended_at: call.ended_at });
    }
    call.events.push({ at: call.ended_at, kind: "bye", detail: null });
    this.tell(call);
  }
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : null;
}

function json(response, value) {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(value));
}

function problem(response, status, detail) {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", title: "Problem", status, detail }));
}

export async function startMock(options, port = 0) {
  const mock = new Mock(options);
  const server = createServer((request, response) => {
    mock.answer(request, response).catch((error) => problem(response, 500, String(error)));
  });
  server.on("upgrade", (request, socket) => mock.connect(request, socket));
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  mock.base = `http://127.0.0.1:${server.address().port}`;
  mock.stop = () => {
    for (const feed of mock.feeds) feed.cut();
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return mock;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [dist, port] = process.argv.slice(2);
  const mock = await startMock({ dist }, Number(port ?? 0));
  console.log(`${mock.base}  login: ${login.login}  password: ${login.password}`);
}
