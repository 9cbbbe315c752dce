/** A part of a page that is fetched when the page around it is drawn: the first load stays small. `face` holds its place until then. */
import { lazy, Suspense, type ComponentType, type ReactNode } from "react";

export function late<Props extends object>(fetch: () => Promise<ComponentType<Props>>, face: ReactNode = null): (props: Props) => ReactNode {
  const Part = lazy(async () => ({ default: await fetch() })) as unknown as ComponentType<Props>;
  return (props) => <Suspense fallback={face}><Part {...props} /></Suspense>;
}
