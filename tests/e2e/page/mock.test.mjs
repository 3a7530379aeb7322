// What the page does when calls change, people act, and things fail. Needs the mock, which can be
// told to; what works the same against a gateway is in flow.test.mjs.
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";

import { findings, launch, logIn, openPage, tooWide } from "./lib/browser.mjs";
import { pageDist } from "./lib/target.mjs";
import { login as account, startMock } from "./mock/server.mjs";

describe("the page", { timeout: 1_500_000 }, () => {
  let browser;
  let mock;
  let opened;
  let page;

  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());
  afterEach(async () => {
    const { troubles } = opened;
    await opened.context.close();
    await mock.stop();
    assert.deepEqual(troubles, []);
  });

  async function open(mockOptions = {}, pageOptions = {}) {
    mock = await startMock({ dist: pageDist(), ...mockOptions });
    opened = await openPage(browser, mock.base, pageOptions);
    page = opened.page;
  }

  async function openList(mockOptions, pageOptions) {
    await open(mockOptions, pageOptions);
    await logIn(page, account);
    await page.locator(".row, .empty").first().waitFor();
    await page.locator(".feed-live").waitFor();
  }

  const runningRows = () => page.locator(".log-now .row");
  const callOf = (state) => mock.calls.find((call) => call.state === state);
  const go = (hash) => page.evaluate((to) => (location.hash = to), hash);

  test("a call that ends moves from the running ones into the log", async () => {
    await openList();
    assert.equal(await runningRows().count(), 3);
    const call = mock.calls[0];
    mock.endCall(call, "missed", "no_key");
    await page.waitForFunction(() => document.querySelectorAll(".log-now .row").length === 2);
    const row = page.locator(`.row:has([data-call="${call.call_id}"])`);
    assert.match(await row.innerText(), /Mistet, nøkkelen kunne ikke lagres/);
  });

  test("a call that begins appears, unless the filter leaves it out", async () => {
    await openList();
    const call = { ...mock.calls[0], call_id: "0193a1f0-1111-7abc-8def-0123456789ab" };
    mock.calls.push({ ...call, started_at: new Date().toISOString() });
    mock.tell(mock.calls.at(-1));
    await page.waitForFunction(() => document.querySelectorAll(".log-now .row").length === 4);
    await page.locator("select").first().selectOption("renewal");
    await page.waitForFunction(() => document.querySelectorAll(".log-now .row").length === 1);
  });

  test("a broken feed is said, and mended without losing what ended meanwhile", async () => {
    await openList();
    const call = mock.calls[0];
    const connect = mock.connect.bind(mock);
    mock.connect = (request, socket) => socket.destroy();
    for (const feed of mock.feeds) feed.cut();
    await page.locator(".feed-offline").waitFor();
    mock.endCall(call, "recorded", null);
    mock.connect = connect;
    await page.locator(".feed-live").waitFor();
    await page.waitForFunction(() => document.querySelectorAll(".log-now .row").length === 2);
    const row = page.locator(`.row:has([data-call="${call.call_id}"])`);
    assert.match(await row.innerText(), /Tatt opp/);
  });

  test("a seller starts and stops the recording of a manual call", async () => {
    await openList();
    await page.getByRole("button", { name: "Start opptak" }).click();
    await page.getByRole("button", { name: "Stopp opptak" }).waitFor();
    assert.equal(mock.calls[1].recordings.length, 1);
    await page.getByRole("button", { name: "Stopp opptak" }).click();
    await page.getByRole("button", { name: "Start opptak" }).waitFor();
    assert.equal(mock.calls[1].recordings[0].state, "stored");
  });

  test("a refused start says why", async () => {
    await openList();
    mock.fail.set(`POST /v1/calls/${mock.calls[1].call_id}/recording`, 507);
    await page.getByRole("button", { name: "Start opptak" }).click();
    await page.getByRole("alert").filter({ hasText: "kunne ikke startes" }).waitFor();
  });

  test("older calls come page by page, each once", async () => {
    await openList({ calls: 230 });
    const more = page.getByRole("button", { name: "Vis eldre samtaler" });
    await more.click();
    await page.waitForFunction(() => document.querySelectorAll(".row").length > 180);
    await more.click();
    await page.getByText("Dette er alle samtalene.").waitFor();
    const ids = await page
      .locator("[data-call]")
      .evaluateAll((all) => all.map((a) => a.dataset.call));
    assert.equal(ids.length, 233);
    assert.equal(new Set(ids).size, 233);
  });

  test("a number is searched in a body, never in an address", async () => {
    await openList();
    const addresses = [];
    page.on("request", (request) => addresses.push(request.url()));
    const number = callOf("recorded").to;
    await page.locator("input[name=number]").fill(number);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".row").length === 1);
    assert.ok(addresses.some((url) => url.endsWith("/v1/calls/search")));
    assert.ok(![...addresses, page.url()].some((url) => url.includes(number.slice(1))));
  });

  test("a link opens a call with its filter, and the list goes on from there", async () => {
    await openList();
    await go(`#/calls/${callOf("partial").call_id}?state=partial`);
    await page.locator(".panel .outcome-partial").waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".row .outcome")].every((each) =>
        each.matches(".outcome-partial"),
      ),
    );
    await page.locator(".panel-close").click();
    await page.locator(".panel").waitFor({ state: "detached" });
    assert.match(page.url(), /#\/calls\?state=partial$/);
  });

  test("a keyboard alone opens a call, reads it and comes back to its row", async () => {
    await openList();
    const link = page.locator(".log tbody:not(.log-now) [data-call]").first();
    const id = await link.getAttribute("data-call");
    await link.focus();
    await page.keyboard.press("Enter");
    await page.locator(".panel .call-head").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".panel").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.call), id);
  });

  test("seeking in a long recording asks for that part only", async () => {
    await openList();
    await go(`#/calls/${callOf("partial").call_id}`);
    await page.getByRole("button", { name: "Spill av" }).click();
    await page.locator("[data-phase=playing]").waitFor();
    await page.getByRole("slider", { name: "Posisjon" }).focus();
    await page.keyboard.press("End");
    await page.keyboard.press("PageDown");
    await page.waitForTimeout(1000);
    const starts = mock.ranges.map((range) => Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0));
    assert.ok(Math.max(...starts) > 5_000_000, `asked for: ${mock.ranges.join(", ")}`);
  });

  test("one voice can be heard alone", async () => {
    await openList();
    await go(`#/calls/${callOf("recorded").call_id}`);
    await page.getByRole("radio", { name: "Mottaker" }).check({ force: true });
    await page.getByRole("button", { name: "Spill av" }).click();
    await page.locator("[data-phase=playing]").waitFor();
    // The mock's caller speaks in the first two seconds of every four, the callee in the others.
    const heard = { caller: [], callee: [] };
    while (heard.caller.length < 5 || heard.callee.length < 5) {
      const [at, rms] = await page.evaluate(() => [
        document.querySelector("audio").currentTime % 4,
        window.heard(),
      ]);
      if (at > 0.4 && at < 1.6) heard.caller.push(rms);
      if (at > 2.4 && at < 3.6) heard.callee.push(rms);
      await page.waitForTimeout(50);
    }
    assert.ok(Math.max(...heard.caller) < 0.001, `caller heard: ${heard.caller}`);
    assert.ok(Math.max(...heard.callee) > 0.01, `callee not heard: ${heard.callee}`);
  });

  test("a recording that cannot be played says why", async () => {
    await openList();
    const call = callOf("recorded");
    mock.fail.set(`GET /v1/recordings/${call.recordings[0].recording_id}/audio`, 422);
    await go(`#/calls/${call.call_id}`);
    await page.getByRole("button", { name: "Spill av" }).click();
    await page.getByRole("alert").filter({ hasText: "format" }).waitFor();
    assert.deepEqual(await findings(page), []);
  });

  test("an erasure that fails leaves the recording and says so", async () => {
    await openList();
    const call = callOf("recorded");
    mock.fail.set(`DELETE /v1/recordings/${call.recordings[0].recording_id}`, 409);
    await go(`#/calls/${call.call_id}`);
    await page.getByRole("button", { name: /^Slett opptaket/ }).click();
    await page.getByRole("button", { name: "Slett for godt" }).click();
    await page.getByRole("alert").filter({ hasText: "Opptaket er ikke slettet" }).waitFor();
    assert.equal(await page.locator(".player").count(), 1);
  });

  test("each call without a recording says why", async () => {
    await openList();
    for (const [state, words] of [
      ["suppressed", /aldri startet/],
      ["missed", /lyden er kryptert/],
      ["no_media", /ikke besvart/],
    ]) {
      await go(`#/calls/${callOf(state).call_id}`);
      await page.locator(`.panel .outcome-${state}`).waitFor();
      assert.match(await page.locator(".no-recording").innerText(), words);
    }
    assert.deepEqual(await findings(page), []);
  });

  test("turning a campaign off is asked first, then saved with the rest kept", async () => {
    await openList();
    await go("#/campaigns");
    const row = page.locator(".policy tbody tr").first();
    await row.getByRole("button", { name: "Av" }).click();
    await page.getByRole("button", { name: "Avbryt" }).click();
    assert.equal(mock.campaigns[0].mode, "automatic");
    await row.getByRole("button", { name: "Av" }).click();
    await page.getByRole("button", { name: "Slå av opptak" }).click();
    await row.getByText("er satt til").waitFor();
    assert.equal(mock.campaigns[0].mode, "off");
    assert.deepEqual(mock.campaigns[0].numbers, ["+4790*"]);
  });

  test("a role is offered only what it may do", async () => {
    await openList({ role: "supervisor" });
    await go(`#/calls/${callOf("recorded").call_id}`);
    await page.locator(".player").waitFor();
    assert.equal(await page.getByRole("button", { name: /^Slett opptaket/ }).count(), 0);
    await go("#/campaigns");
    await page.getByText("ikke endre dem").waitFor();
    await page
      .locator(".policy")
      .getByRole("button", { name: "Av" })
      .first()
      .click({ force: true });
    assert.equal(mock.campaigns[0].mode, "automatic");
  });

  test("a role without access to calls is told so", async () => {
    await open({ role: "operator" });
    await logIn(page, account);
    await page.getByText("Rollen din ser ikke samtaler").waitFor();
    assert.deepEqual(await findings(page), []);
  });

  test("an empty log and an empty search look different", async () => {
    await openList({ calls: 0 });
    for (const call of mock.calls.splice(0))
      mock.tell({ ...call, state: "no_media", reason: "no_rtp" });
    await page.reload();
    await page.getByText("Ingen samtaler ennå").waitFor();
    await go("#/calls?state=missed");
    await page.getByText("Ingen samtaler passer").waitFor();
    assert.deepEqual(await findings(page), []);
  });

  test("a list that cannot be loaded says so and tries again when asked", async () => {
    await openList();
    mock.fail.set("GET /v1/calls", 503);
    await page.locator("select").first().selectOption("renewal");
    await page.getByRole("alert").filter({ hasText: "kunne ikke hentes" }).waitFor();
    assert.deepEqual(await findings(page), []);
    mock.fail.clear();
    await page.getByRole("button", { name: "Prøv igjen" }).click();
    await page.locator(".row").first().waitFor();
  });

  test("a session that ends leads to the login and says so", async () => {
    await openList();
    mock.sessions.clear();
    await page.locator("select").first().selectOption("renewal");
    await page.getByText("Økten er avsluttet").waitFor();
  });

  test("too many logins say how long to wait, an unreachable gateway says that", async () => {
    await open();
    mock.fail.set("POST /v1/session", 429);
    await page.locator("input[name=login]").fill("demo");
    await page.locator("input[name=password]").fill("guess");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "For mange" }).waitFor();
    await page.route("**/v1/session", (route) => route.abort());
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "Får ikke kontakt" }).waitFor();
  });

  test("the language follows the browser, and a choice stays", async () => {
    await openList({}, { locale: "en-GB" });
    assert.equal(await page.locator("h1").innerText(), "Calls");
    await page.locator(".account > summary").click();
    await page.getByRole("radio", { name: "Norsk" }).check({ force: true });
    assert.equal(await page.locator("h1").innerText(), "Samtaler");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "nb");
    await page.reload();
    await page.getByRole("heading", { name: "Samtaler" }).waitFor();
  });

  test("a chosen theme beats the system's, from the first paint on", async () => {
    await openList();
    const paper = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.locator(".account > summary").click();
    assert.deepEqual(await findings(page), []);
    await page.getByRole("radio", { name: "Mørkt" }).check({ force: true });
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.reload({ waitUntil: "commit" });
    await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
    assert.equal(await paper(), dark);
  });

  for (const width of [320, 768, 1280]) {
    test(`fits ${width} pixels, also with long words`, async () => {
      await openList({}, { viewport: { width, height: 700 } });
      const call = callOf("recorded");
      Object.assign(call, {
        from: "a-very-long-extension-name.without-breaks",
        to: `+${"4".repeat(40)}`,
      });
      await page.reload();
      await page.locator(".row").first().waitFor();
      assert.equal(await tooWide(page), false, "list");
      await go(`#/calls/${call.call_id}`);
      await page.locator(".player").first().waitFor();
      assert.equal(await tooWide(page), false, "call");
    });
  }
});
