/** English words of the frame around every page; part of en.ts. */
export const frame = {
  nav: { messages: "Messages", settings: "Settings", audit: "Audit" },
  groups: { work: "Work", automate: "Automate", understand: "Understand", administer: "Administer" } as Record<string, string>,
  menu: "Menu", yes: "yes", no: "no", done: "Done", permission: "Permission", copyByHand: "This browser does not let a page copy. Select the text and copy it.",
  whoHas: (roles: string[]) => `Who is ${roles.join(" or ")} has it: ask an admin for that role.`,
  roles: { admin: "Admin", ops: "Operations", csm: "CSM", viewer: "Viewer" },
  roleMeaning: {
    admin: "may do everything, also members and keys", ops: "runs everything: triggers, journeys, models, settings; not members and keys",
    csm: "works tasks, accounts and feedback; lets single runs pause or go on", viewer: "reads what a CSM reads and changes nothing",
  },
  permissions: {
    "accounts:read": "Read accounts and contacts", "accounts:write": "Change accounts, consents and suppressions", "signals:read": "Read signals", "feedback:write": "Give verdicts on signals",
    "tasks:read": "Read tasks", "tasks:write": "Work tasks; replay, cancel and resolve messages", "triggers:read": "Read triggers", "triggers:write": "Draft and test triggers", "triggers:publish": "Publish triggers",
    "journeys:read": "Read journeys", "journeys:write": "Draft and simulate journeys", "journeys:publish": "Publish, pause and stop journeys", "journeys:operate": "Pause, resume and end single runs",
    "models:read": "Read models", "models:train": "Train models", "models:publish": "Promote and roll back models", "messages:transactional": "Let journeys send transactional messages", "messages:read": "Read what was sent",
    "scorecards:read": "Read scorecards", "scorecards:write": "Draft and preview scorecards", "scorecards:publish": "Publish scorecards", "imports:write": "Import files", "quarantine:read": "Read the quarantine",
    "quarantine:write": "Mend, replay and discard", "keys:admin": "Make and revoke keys", "members:admin": "Add, change and disable members", "kpis:read": "Read KPIs", "audit:read": "Read the audit trail", "jobs:read": "Read jobs and the status",
    "config:read": "Read settings, segments and templates", "config:write": "Change settings, segments and templates",
  } as Record<string, string>,
  error: {
    forbidden: "You may not see this", forbiddenHow: "Nothing is broken: your role does not reach here.", missing: "There is nothing here", missingHow: "It was removed, belongs to another workspace, or the address is wrong.",
    failed: "The server could not answer", failedHow: "Try again. If it stays, give this id to whoever runs Forestay: it finds the cause in the log.", broken: "This page broke", brokenHow: "The fault is ours. Loading the page anew usually helps.",
    newVersion: "A new version is there", newVersionHow: "Forestay was updated while this page was open. Load it anew; what you typed and did not save is lost.", reload: "Load anew", offline: "No connection to the server", offlineHow: "As soon as it answers again, go on here.",
    copyId: "Copy the id", ask: "Admins here:",
  },
  switcher: { title: "Workspace", here: "You are here", other: "Another workspace…", otherHow: "Sign in there once; the sessions that you have stay.", choose: "Where to?", chooseHow: "Your password opens these workspaces.", switchTo: (name: string) => `Go to ${name}` },
  palette: { placeholder: "Find a page, an account, a journey, a trigger…", pages: "Pages", settings: "Settings", actions: "Do", nothing: "Nothing matches.", keysOff: "Switch single-key shortcuts off", keysOn: "Switch single-key shortcuts on", failed: "Show failed messages" },
};
