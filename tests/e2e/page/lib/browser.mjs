// A browser with the page in it, and what tests ask of both.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const axeSource = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

// WCAG 2.2 at level AA, and what axe knows to be good practice.
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export function launch() {
  return chromium.launch({
    executablePath: process.env.OPPTAK_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--no-first-run",
      "--mute-audio",
    ],
  });
}

// Listens where the page's sound leaves for the loudspeaker: window.heard() is its RMS right now.
function tapSound() {
  const connect = AudioNode.prototype.connect;
  const taps = [];
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      const tap = this.context.createAnalyser();
      connect.call(this, tap);
      taps.push(tap);
    }
    return connect.call(this, target, ...rest);
  };
  window.heard = () => {
    let sum = 0;
    for (const tap of taps) {
      const samples = new Float32Array(tap.fftSize);
      tap.getFloatTimeDomainData(samples);
      for (const sample of samples) sum += (sample * sample) / samples.length;
    }
    return Math.sqrt(sum);
  };
}

// `troubles` gathers what must not happen: errors in the console (a refused policy among them), and
// requests to any other host.
export async function openPage(browser, base, options = {}) {
  const context = await browser.newContext({
    locale: "nb-NO",
    timezoneId: "Europe/Oslo",
    viewport: { width: 1280, height: 800 },
    ignoreHTTPSErrors: true,
    ...options,
  });
  await context.addInitScript(tapSound);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.setDefaultNavigationTimeout(30_000);
  const troubles = [];
  const audioRequests = [];
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // An answer that is no success is written there by the browser itself; tests look at answers.
    if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
    troubles.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "blob:" && url.host !== new URL(base).host)
      troubles.push(`request: ${url}`);
    if (url.pathname.endsWith("/audio")) audioRequests.push(request);
  });
  await page.goto(base);
  return { page, context, troubles, audioRequests };
}

export async function logIn(page, { login, password }) {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.locator(".bar").waitFor();
}

// Every finding of axe in both themes, as text; an empty list is what a test wants.
export async function findings(page) {
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(axeSource);
    const violations = await page.evaluate(async (values) => {
      const { violations: all } = await axe.run(document, { runOnly: { type: "tag", values } });
      return all.map(({ id, nodes }) => ({
        id,
        targets: nodes.map(({ target }) => target.join(" ")),
      }));
    }, rules);
    for (const { id, targets } of violations)
      found.push(`${colorScheme} ${id}: ${targets.join("; ")}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

// Whether the view is wider than its window, so that one would have to scroll sideways.
export function tooWide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}
