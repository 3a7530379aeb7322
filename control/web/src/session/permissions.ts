// What the page offers to whom: the table of control/access/principal.h, so that nobody is shown a
// button that the gateway would refuse. The gateway decides; this only spares people the refusal.
import type { Role, Session } from "../api/types";

export type Action = "viewCalls" | "play" | "control" | "erase" | "viewCampaigns" | "putCampaigns";

const rolesOf: Record<Action, readonly Role[]> = {
  viewCalls: ["seller", "supervisor", "client_admin", "data_protection_officer"],
  play: ["seller", "supervisor", "client_admin", "data_protection_officer"],
  control: ["seller", "supervisor", "client_admin"],
  erase: ["client_admin", "data_protection_officer"],
  viewCampaigns: ["supervisor", "client_admin", "data_protection_officer", "operator"],
  putCampaigns: ["client_admin"],
};

export function may(session: Session, action: Action): boolean {
  return rolesOf[action].includes(session.role);
}
