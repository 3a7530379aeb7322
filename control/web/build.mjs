// Bundles src/ into dist/ and writes dist/ as C++ data (assets_data.cc) beside this file. The build
// runs a copy of it in the build folder, so that "beside" is never the source tree.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const target = join(here, "dist");

const contentTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

async function bundle() {
  await mkdir(target, { recursive: true });
  await build({
    entryPoints: {
      app: join(source, "main.tsx"),
      early: join(source, "early.ts"),
    },
    outdir: target,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome109", "firefox109", "safari16.4"],
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  for (const name of ["index.html", "icon.svg"]) {
    await copyFile(join(source, name), join(target, name));
  }
}

// What the bundle contains of others asks that its licence goes with every copy.
async function gatherLicences() {
  const { dependencies } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
  const texts = [];
  for (const [name, version] of Object.entries(dependencies)) {
    const text = await readFile(join(here, "node_modules", name, "LICENSE"), "utf8");
    texts.push(`${name} ${version}\n\n${text.trim()}\n`);
  }
  await writeFile(join(target, "licences.txt"), texts.join("\n\n"));
}

function bytesAsText(bytes) {
  const lines = [];
  for (let offset = 0; offset < bytes.length; offset += 24) {
    lines.push("    " + Array.from(bytes.subarray(offset, offset + 24)).join(","));
  }
  return lines.join(",\n");
}

async function embed() {
  const arrays = [];
  const rows = [];
  for (const name of (await readdir(target)).sort()) {
    const contentType = contentTypes[extname(name)];
    if (!contentType) throw new Error(`${name}: no content type is known for it`);
    const bytes = await readFile(join(target, name));
    const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
    const symbol = `kFile${rows.length}`;
    arrays.push(`constexpr std::uint8_t ${symbol}[] = {  // ${name}\n${bytesAsText(bytes)}};\n`);
    rows.push(`    {"/${name}", {${symbol}, "${contentType}", "\\"${digest}\\""}},`);
  }
  await writeFile(
    join(here, "assets_data.cc"),
    `// Written by build.mjs.
#include "control/web/asset_table.h"

namespace opptak::control::web {
namespace {

${arrays.join("\n")}
constexpr NamedAsset kAssets[] = {
${rows.join("\n")}
};

}  // namespace

std::span<const NamedAsset> all_assets() noexcept { return kAssets; }

}  // namespace opptak::control::web
`,
  );
}

await bundle();
await gatherLicences();
await embed();
