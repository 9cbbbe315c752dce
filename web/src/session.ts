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

export async function signIn(email: string, password: string, workspace: string): Promise<void> {
  proof.key = null;
  enter(await body(api.POST("/api/sessions", { body: { email, password, workspace } })));
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
