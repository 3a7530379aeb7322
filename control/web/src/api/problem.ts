// Every way in which asking the gateway can fail, as one type. `detail` is the gateway's own
// sentence (RFC 9457), in English; the page says in the reader's language what it means.
export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer at all.
    readonly detail: string,
    readonly retryAfterSeconds: number | null = null,
    readonly body: string = "",
  ) {
    super(detail || `HTTP ${status}`);
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, String(error));
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = await response.text().catch(() => "");
  let detail = "";
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed) && typeof parsed["detail"] === "string") detail = parsed["detail"];
  } catch {
    // Not from the gateway itself (a proxy, say): the status has to do.
  }
  const wait = Number(response.headers.get("Retry-After"));
  return new Problem(response.status, detail, wait > 0 ? wait : null, body);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
