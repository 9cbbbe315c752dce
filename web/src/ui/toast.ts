/** Short notices at the corner. What draws them is fetched beside the first page, not before it; no notice is lost meanwhile. */
import type { ExternalToast } from "sonner";

type Kind = "message" | "success" | "error";

let isShown: () => void = () => undefined;
const shown = new Promise<void>((resolve) => (isShown = resolve));
/** Told by what draws them (Toasts) once it is there. */
export const toastsAreShown = (): void => isShown();

async function say(kind: Kind, what: string, options: ExternalToast | undefined): Promise<void> {
  const [sonner] = await Promise.all([import("sonner"), shown]);
  sonner.toast[kind](what, options);
}

export const toast = Object.assign((what: string, options?: ExternalToast): void => void say("message", what, options), {
  success: (what: string, options?: ExternalToast): void => void say("success", what, options),
  error: (what: string, options?: ExternalToast): void => void say("error", what, options),
});
