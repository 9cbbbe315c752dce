/** A dialog that keeps the focus, closes by Escape and gives the focus back. Its machinery is fetched while the page is idle. */
import { lazy, Suspense, type ComponentProps } from "react";

import type { ModalBody } from "./ModalBody";

const fetched = () => import("./ModalBody").then((found) => ({ default: found.ModalBody }));
const Body = lazy(fetched);
if (typeof window !== "undefined") window.setTimeout(() => void fetched(), 1500);

export function Modal(given: ComponentProps<typeof ModalBody>) {
  return given.open ? <Suspense fallback={null}><Body {...given} /></Suspense> : null;
}
