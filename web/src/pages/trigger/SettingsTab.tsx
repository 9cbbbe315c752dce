/** The rest of a trigger, drawn from its schema: who acts, how grave, how often, what it asks for. Its conditions have a page of their own. */
import { useQuery } from "@tanstack/react-query";

import { triggerSchema } from "../../api/triggers";
import { Loaded, Panel } from "../../ui/bits";
import { words } from "../../words/en";
import type { TabProps } from "../Trigger";
import { InWords } from "./InWords";

export function SettingsTab({ body }: TabProps) {
  const query = useQuery(triggerSchema);
  return <Loaded query={query} lines={8}>{() => <Panel title={words.triggers.inWords}><InWords body={body} /></Panel>}</Loaded>;
}
