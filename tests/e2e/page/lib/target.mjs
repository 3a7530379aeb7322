// What the tests run against: a gateway that is already running, named by the environment
//   OPPTAK_BASE_URL, OPPTAK_LOGIN, OPPTAK_PASSWORD
// or else the mock with the built page of OPPTAK_PAGE_DIST.
import { login as mockLogin, startMock } from "../mock/server.mjs";

export const isReal = Boolean(process.env.OPPTAK_BASE_URL);

export async function openTarget() {
  if (!isReal) {
    const mock = await startMock({ dist: pageDist() });
    return { base: mock.base, account: mockLogin, mock, close: () => mock.stop() };
  }
  const { OPPTAK_BASE_URL: base, OPPTAK_LOGIN: login, OPPTAK_PASSWORD: password } = process.env;
  if (!login || !password) throw new Error("OPPTAK_LOGIN and OPPTAK_PASSWORD are needed too");
  return { base, account: { login, password }, mock: null, close: async () => undefined };
}

export function pageDist() {
  const dist = process.env.OPPTAK_PAGE_DIST;
  if (!dist) throw new Error("OPPTAK_PAGE_DIST must name the folder of the built page");
  return dist;
}
