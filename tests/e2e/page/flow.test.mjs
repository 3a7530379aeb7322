// What a person does with a recording, from the login to the receipt of its erasure: on the mock,
// and unchanged on a running gateway (lib/target.mjs). There it needs an account that may erase,
// and erases the newest recorded call that it finds.
import assert from "node:assert/strict";
import { test } from "node:test";

import { findings, launch, logIn, openPage, tooWide } from "./lib/browser.mjs";
import { openTarget } from "./lib/target.mjs";

// The caller's voice may pause; several looks in a row must hear something.
async function loudest(page, looks = 40) {
  let loudestRms = 0;
  for (let look = 0; look < looks && loudestRms < 0.01; ++look) {
    await page.waitForTimeout(100);
    loudestRms = Math.max(loudestRms, await page.evaluate(() => window.heard()));
  }
  return loudestRms;
}

const position = (page) => page.evaluate(() => document.querySelector("audio").currentTime);

test("a call is found, heard, erased, and its receipt stays", { timeout: 600_000 }, async (t) => {
  const target = await openTarget();
  const browser = await launch();
  const { page, troubles, audioRequests } = await openPage(browser, target.base);
  t.after(async () => {
    await browser.close();
    await target.close();
  });

  await t.test("nothing is shown before the login, and a wrong password is refused", async () => {
    await page.locator("input[name=login]").waitFor();
    assert.deepEqual(await findings(page), []);
    await page.locator("input[name=login]").fill(target.account.login);
    await page.locator("input[name=password]").fill("not the password");
    await page.locator("button[type=submit]").click();
    await page.locator(".login-message-bad").waitFor();
    assert.match(await page.locator("[role=alert]").innerText(), /stemmer ikke/);
    assert.equal(await page.locator(".row").count(), 0);
    assert.deepEqual(await findings(page), []);
  });

  await t.test("the log shows calls, live", async () => {
    await logIn(page, target.account);
    await page.locator(".row").first().waitFor();
    await page.locator(".feed-live").waitFor();
    assert.deepEqual(await findings(page), []);
  });

  await t.test("the list narrows to recorded calls", async () => {
    await page.getByRole("radio", { name: "Tatt opp" }).check({ force: true });
    await page.waitForFunction(() => {
      const states = [...document.querySelectorAll(".row .outcome")];
      return states.length > 0 && states.every((each) => each.matches(".outcome-recorded"));
    });
    assert.match(page.url(), /#\/calls\?state=recorded/);
  });

  await t.test("opening a call shows what happened, and plays nothing by itself", async () => {
    await page.locator(".cell-time a").first().click();
    await page.locator(".player").first().waitFor();
    assert.ok((await page.locator(".event").count()) >= 2);
    assert.ok((await page.locator(".streams tbody tr").count()) >= 1);
    assert.equal(audioRequests.length, 0);
    assert.deepEqual(await findings(page), []);
  });

  await t.test("playing is heard and goes on", async () => {
    await page.getByRole("button", { name: "Spill av" }).first().click();
    await page.locator("[data-phase=playing]").first().waitFor();
    const rms = await loudest(page);
    assert.ok(rms >= 0.01, `heard only ${rms}`);
    const before = await position(page);
    await page.waitForTimeout(700);
    const after = await position(page);
    assert.ok(after > before + 0.3, `${before} to ${after}`);
    assert.match((await audioRequests[0].allHeaders()).range ?? "", /^bytes=0-/);
    assert.equal((await audioRequests[0].response()).status(), 206);
  });

  await t.test("keys move the position, and the gateway serves any part", async () => {
    await page.getByRole("button", { name: "Pause" }).first().click();
    const slider = page.getByRole("slider", { name: "Posisjon" }).first();
    await slider.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("PageUp");
    await page.waitForTimeout(200);
    assert.ok((await position(page)) > 0.5);
    const part = await page.evaluate(
      async (address) => {
        const answer = await fetch(address, { headers: { Range: "bytes=1000-1999" } });
        const size = (await answer.arrayBuffer()).byteLength;
        return { status: answer.status, size, range: answer.headers.get("Content-Range") };
      },
      await page.locator("audio").first().getAttribute("src"),
    );
    assert.equal(part.status, 206);
    assert.equal(part.size, 1000);
    assert.match(part.range, /^bytes 1000-1999\/\d+$/);
  });

  await t.test("erasing asks first, and cancelling erases nothing", async () => {
    await page
      .getByRole("button", { name: /^Slett opptaket/ })
      .first()
      .click();
    await page.getByRole("dialog").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Avbryt");
    assert.deepEqual(await findings(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.ok((await page.locator(".player").count()) >= 1);
  });

  await t.test("the erasure answers with its receipt", async () => {
    const players = await page.locator(".player").count();
    await page
      .getByRole("button", { name: /^Slett opptaket/ })
      .first()
      .click();
    await page.getByRole("button", { name: "Slett for godt" }).click();
    await page.locator(".receipt").first().waitFor();
    assert.equal(await page.locator(".player").count(), players - 1);
    const receipt = await page.locator(".receipt").first().innerText();
    for (const word of ["Slettet", "Slettet av", "Omfatter ikke", "Signatur"]) {
      assert.ok(receipt.includes(word), `${word} is not in: ${receipt}`);
    }
    assert.deepEqual(await findings(page), []);
  });

  await t.test("the receipt can be taken along, byte for byte", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByRole("button", { name: /Last ned kvittering/ })
        .first()
        .click(),
    ]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const receipt = JSON.parse(text);
    assert.match(receipt.signature, /^[0-9a-f]{128}$/);
    assert.ok(receipt.erased_at && receipt.erased_by);
    const id = download.suggestedFilename().slice("opptak-receipt-".length, -".json".length);
    const again = await page.evaluate(async (recording) => {
      const answer = await fetch(`/v1/recordings/${recording}`);
      return { status: answer.status, text: await answer.text() };
    }, id);
    assert.equal(again.status, 410);
    assert.ok(again.text.includes(text), "the gateway tells another receipt");
  });

  await t.test("after a reload the call still says that it is erased", async () => {
    await page.reload();
    await page.locator(".receipt").first().waitFor();
    assert.match(await page.locator(".event-access").last().innerText(), /Opptak slettet/);
  });

  await t.test("campaigns are there", async () => {
    await page.getByRole("link", { name: "Kampanjer" }).click();
    await page.locator(".policy, .empty").first().waitFor();
    assert.deepEqual(await findings(page), []);
  });

  await t.test("every view fits 320 pixels", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const [hash, view] of [
      ["#/campaigns", ".campaigns"],
      ["#/calls", ".row"],
    ]) {
      await page.evaluate((to) => (location.hash = to), hash);
      await page.locator(view).first().waitFor();
      assert.equal(await tooWide(page), false, hash);
    }
    await page.locator(".cell-time a").first().click();
    await page.locator(".facts").first().waitFor();
    assert.equal(await tooWide(page), false, "the call");
    assert.deepEqual(await findings(page), []);
  });

  await t.test("logging out shuts the door", async () => {
    await page.locator(".account > summary").click();
    await page.getByRole("button", { name: "Logg ut" }).click();
    await page.locator("input[name=login]").waitFor();
    assert.equal(await page.evaluate(async () => (await fetch("/v1/calls")).status), 401);
  });

  await t.test("nothing went wrong on the way, and no other host was asked", () => {
    assert.deepEqual(troubles, []);
  });
});
