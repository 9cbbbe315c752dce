/** Draws the notices of toast(); loaded beside the first page. */
import { useEffect } from "react";
import { Toaster } from "sonner";

import { usePreferences } from "../shell/preferences";
import { toastsAreShown } from "./toast";

export function Toasts() {
  useEffect(toastsAreShown, []);
  return <Toaster theme={usePreferences((own) => own.theme)} duration={8000} closeButton position="bottom-right" />;
}
