// Takes the picture of the page that the README shows, from a running demonstration.
//   node picture.mjs TEST_FOLDER BASE_URL LOGIN PASSWORD OUT.png
// TEST_FOLDER is build/release/tests/e2e/page/run, where the browser's driver is installed.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, base, login, password, out] = process.argv.slice(2);
const library = pathToFileURL(resolve(folder, "lib/browser.mjs")).href;
const { launch, logIn, openPage } = await import(library);

const browser = await launch();
try {
  const { page } = await openPage(browser, base, { locale: "en-GB", deviceScaleFactor: 1.5 });
  await logIn(page, { login, password });
  await page.locator(".row .outcome-recorded").first().waitFor({ timeout: 180_000 });
  await page.locator(".row", { has: page.locator(".outcome-recorded") }).last()
    .locator(".cell-time a").click();
  await page.getByRole("button", { name: "Play" }).first().click();
  await page.locator("[data-phase=playing]").first().waitFor();
  await page.waitForTimeout(4_000);
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
