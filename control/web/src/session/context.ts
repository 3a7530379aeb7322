import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Session } from "../api/types";

export const SessionContext = createContext<Session | null>(null);

// Only below a view that exists for people who are logged in.
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session");
  return session;
}
