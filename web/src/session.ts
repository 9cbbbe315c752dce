/** Who is signed in in this browser. */
import { create } from "zustand";

import { api, body, proof, Problem, type Schemas } from "./api/client";

export type Session = Schemas["SessionShape"];
type State = { state: "asking" | "in" | "out" | "failed"; error?: unknown; session: Session | null };

/** Whether asking the server makes sense: a script cannot see the session's cookie. */
const SIGNED_IN = "forestay.signed-in";

export const useSession = create<State>(() => ({ state: "asking", session: null }));

function enter(session: Session): void {
  proof.csrf = session.csrf_token;
  if (session.csrf_token) localStorage.setItem(SIGNED_IN, "yes");
  useSession.setState({ state: "in", session });
}

export function leave(): void {
  proof.csrf = proof.key = null;
  sessionStorage.removeItem("forestay.key");
  localStorage.removeItem(SIGNED_IN);
  useSession.setState({ state: "out", session: null });
}
proof.onRefused = leave;

/** Ask the server whether the cookie or the tab's key still holds. */
export async function resume(): Promise<void> {
  if (proof.key === null && localStorage.getItem(SIGNED_IN) === null) return leave();
  try {
    enter(await body(api.GET("/api/sessions/me")));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) leave();
    else throw error;
  }
}

/** Workspaces that somebody signed in to in this browser: their slugs, the last one first. */
export const rememberedWorkspaces = (): string[] => (localStorage.getItem("forestay.workspaces") ?? "").split(" ").filter(Boolean);

/** The same password is tried for the other workspaces that this browser knows. keep: sessions of others stay. */
export async function signIn(email: string, password: string, workspace: string, keep = false): Promise<void> {
  proof.key = null;
  const others = keep ? [] : rememberedWorkspaces().filter((one) => one !== workspace).slice(0, 4);
  enter(await body(api.POST("/api/sessions", { body: { email, password, workspace, others, keep } })));
  localStorage.setItem("forestay.workspaces", [workspace, ...rememberedWorkspaces().filter((one) => one !== workspace)].slice(0, 5).join(" "));
}

export async function signInByLink(link: string): Promise<void> {
  proof.key = null;
  enter(await body(api.POST("/api/sessions/by-link", { body: { link } })));
}

/** The first member of a new installation. */
export async function makeFirstMember(first: Schemas["FirstMemberAsk"]): Promise<void> {
  proof.key = null;
  sessionStorage.removeItem("forestay.key");
  enter(await body(api.POST("/api/setup/member", { body: first })));
}

/** Go on in another workspace. Nothing of the one before may stay on the screen, so the page is loaded anew. */
export async function switchTo(workspace: number): Promise<void> {
  await body(api.POST("/api/sessions/switch", { body: { workspace_id: workspace } }));
  window.location.assign("/");
}

export async function changeMe(change: Schemas["OwnPatch"]): Promise<void> {
  enter(await body(api.PATCH("/api/sessions/me", { body: change })));
}

export async function signInByKey(key: string): Promise<void> {
  proof.key = key;
  try {
    enter(await body(api.GET("/api/sessions/me")));
    sessionStorage.setItem("forestay.key", key);
  } catch (error) {
    proof.key = null;
    throw error;
  }
}

export async function signOut(): Promise<void> {
  if (proof.key === null) await api.DELETE("/api/sessions/me");
  leave();
}

export const may = (permission: string): boolean => {
  const held = useSession.getState().session?.permissions ?? [];
  return held.includes(permission) || held.includes("*");
};
