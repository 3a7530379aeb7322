// A receipt is signed over its bytes: it is cut out of an answer as it stands there, since reading
// and writing JSON again could change it (order, spaces, integers above 2^53).
import { isRecord } from "./problem";
import type { Receipt } from "./types";

export function receiptOf(text: string): Receipt | null {
  try {
    const fields: unknown = JSON.parse(text);
    return isRecord(fields) ? { text, fields } : null;
  } catch {
    return null;
  }
}

// The text of one object-valued member at the top level of `json`; null where there is none.
export function rawObjectMember(json: string, name: string): string | null {
  let depth = 0;
  let start = -1; // Of the member's value, once its name has been seen.
  for (let at = 0; at < json.length; ++at) {
    const char = json[at];
    if (char === '"') {
      const end = endOfString(json, at);
      if (depth === 1 && json.slice(at + 1, end) === name) {
        const value = /^\s*:\s*(?=\{)/.exec(json.slice(end + 1));
        if (value) start = end + 1 + value[0].length;
      }
      at = end;
    } else if (char === "{" || char === "[") {
      ++depth;
    } else if (char === "}" || char === "]") {
      --depth;
      if (start >= 0 && depth === 1) return json.slice(start, at + 1);
    }
  }
  return null;
}

// Index of the quotation mark that closes the string opened at `open`.
function endOfString(json: string, open: number): number {
  for (let at = open + 1; at < json.length; ++at) {
    if (json[at] === "\\") ++at;
    else if (json[at] === '"') return at;
  }
  return json.length;
}
