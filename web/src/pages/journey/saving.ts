/** Keeping and publishing what is drawn; what somebody else kept meanwhile; a copy in this browser against a crash. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { toast } from "../../ui/toast";

import { Problem } from "../../api/client";
import { journeyDocument, publishJourney, readJourney, saveJourney, type Served } from "../../api/journeyDocument";
import { same } from "../../forms/schema";
import { journeyOf, type Journey } from "../../journey/document";
import { builder as builderWords } from "../../words/en.builder";
import type { UseBuilder } from "./useBuilder";

export type Saving = {
  busy: boolean; conflict: Served | null; asksComments: boolean;
  /** True once it is kept. `overComments`: the person knows that comments of the file go. */
  save: (overComments?: boolean) => Promise<boolean>;
  /** note: why, to stay with the version. */
  publish: (note?: string) => Promise<boolean>;
  cancelComments: () => void;
  settle: (how: "theirs" | "mine" | "later") => void;
};

export function useSaving(use: UseBuilder, key: string): Saving {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState<Served | null>(null);
  const [asksComments, setAsksComments] = useState(false);
  const fail = async (error: unknown): Promise<false> => {
    if (error instanceof Problem && (error.status === 412 || error.status === 428)) setConflict(await readJourney(key));
    else toast.error(error instanceof Error ? error.message : String(error));
    return false;
  };
  const save = async (overComments = false): Promise<boolean> => {
    const { journey, saved, etag, hasComments } = use.getState();
    if (journey === saved) return true;
    if (hasComments && !overComments) {
      setAsksComments(true);
      return false;
    }
    setAsksComments(false);
    setBusy(true);
    try {
      const kept = await saveJourney(journey, etag);
      use.getState().kept(journey, kept.etag);
      dropCopy(key);
      use.getState().say(builderWords.saved);
      await client.invalidateQueries({ queryKey: ["journeys"] });
      return true;
    } catch (error) {
      return await fail(error);
    } finally {
      setBusy(false);
    }
  };
  const publish = async (note = ""): Promise<boolean> => {
    if (!(await save())) return false;
    setBusy(true);
    try {
      if (note) {
        const { journey, etag } = use.getState();
        use.getState().kept(journey, (await saveJourney(journey, etag, note)).etag);
      }
      const made = await publishJourney(key, use.getState().etag ?? "*");
      const now = await client.fetchQuery({ ...journeyDocument(key), staleTime: 0 });
      if (use.getState().journey === use.getState().saved) use.getState().take(now, true);
      use.getState().kept(use.getState().journey, now.etag);
      await client.invalidateQueries({ queryKey: ["journeys"] });
      toast.success(builderWords.published(made.version));
      return true;
    } catch (error) {
      return await fail(error);
    } finally {
      setBusy(false);
    }
  };
  const settle = (how: "theirs" | "mine" | "later"): void => {
    if (conflict && how !== "later") use.getState().take(conflict, how === "mine");
    setConflict(null);
    if (conflict && how === "mine") void save();
  };
  return { busy, conflict, asksComments, save, publish, cancelComments: () => setAsksComments(false), settle };
}

const copyKey = (key: string): string => `forestay.journey.${key}`;
export type Copy = { at: string; journey: Journey };
export const dropCopy = (key: string): void => localStorage.removeItem(copyKey(key));

export function copyOf(key: string): Copy | null {
  try {
    const found = JSON.parse(localStorage.getItem(copyKey(key)) ?? "null") as { at?: unknown; journey?: unknown } | null;
    return found && typeof found.at === "string" ? { at: found.at, journey: journeyOf(found.journey) } : null;
  } catch {
    return null;
  }
}

/** Keeps a copy while there are unsaved changes; what was left behind by a crash is offered once. */
export function useSafetyCopy(use: UseBuilder, key: string): { copy: Copy | null; forget: () => void } {
  const [copy, setCopy] = useState<Copy | null>(() => {
    const found = copyOf(key);
    return found && !same(found.journey, use.getState().saved) ? found : null;
  });
  useEffect(() => {
    let waiting = 0;
    const stop = use.subscribe((now, before) => {
      if (now.journey === before.journey) return;
      window.clearTimeout(waiting);
      waiting = window.setTimeout(() => {
        const { journey, saved } = use.getState();
        if (journey === saved) dropCopy(key);
        else localStorage.setItem(copyKey(key), JSON.stringify({ at: new Date().toISOString(), journey }));
      }, 600);
    });
    return () => {
      stop();
      window.clearTimeout(waiting);
    };
  }, [use, key]);
  return {
    copy,
    forget: () => {
      dropCopy(key);
      setCopy(null);
    },
  };
}
