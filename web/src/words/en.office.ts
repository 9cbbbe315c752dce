/** English words of the frame, settings, messages, audit and set-up; part of en.ts. */
const many = (n: number | string, one: string, more = `${one}s`): string => `${n} ${String(n) === "1" ? one : more}`;

export const office = {
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
  settings: {
    title: "Settings",
    tabs: { members: "Members", roles: "Roles", keys: "Keys", workspace: "Workspace", limits: "Contact limits", calendars: "Calendars", sources: "Sources", quarantine: "Quarantine", jobs: "Jobs", webhooks: "Webhooks", me: "My preferences", about: "About" },
  },
  members: {
    title: "Members", intro: "Accounts whose owner's address is a member's become theirs.", add: "Add a member", edit: "Edit", editTitle: (name: string) => `Change ${name}`, name: "Name", role: "Role", roleHint: "A new role signs them out everywhere.", state: "State", zone: "Time zone", calendar: "Calendar",
    tasks: "Tasks a day", since: "Since", actions: "Actions", you: "you", canSignIn: "can sign in", noPassword: "has no password yet", disabled: "disabled", disable: "Disable", enable: "Let in again",
    disableTitle: (name: string) => `Shut ${name} out?`, disableHow: "They are signed out at once and cannot come in again. What they own and did stays; give their accounts to somebody else. You can let them in again here.",
    wasDisabled: (name: string) => `${name} is shut out`, wasEnabled: (name: string) => `${name} can come in again`, saved: (name: string) => `${name} is saved`, password: "First password", newPassword: "New password", passwordHint: "10 characters or more; left empty, they cannot sign in yet (or keep the one they have).",
    makeUp: "Make one up", handOver: "Hand the password over", shownOnce: "Shown this once. Give it to them by a safe way; they change it under My preferences.",
  },
  keys: {
    intro: "A write key goes into your product and your pipelines: it can add data and read nothing. A management key is for programs that do what people do here.", make: "Make a key", made: (name: string) => `${name} is made`, shownOnce: "Shown this once: keep it now. If it is lost, make another and revoke this one.",
    name: "Name", nameHint: "Where it is used, so that one knows it later.", kind: "Kind", kinds: { write: "Write key", management: "Management key" }, kindMeaning: { write: "sends data to /v1", management: "calls /api" }, scopes: "May", everything: "everything", writeOnly: "add data",
    lastUsed: "Last used", never: "never", madeAt: "Made", revoke: "Revoke", revoked: "revoked", revokeTitle: (name: string) => `Revoke ${name}?`, revokeHow: "Whatever uses it is refused from now on. This cannot be taken back.", wasRevoked: (name: string) => `${name} is revoked`, none: "There is no key yet.", showRevoked: "Show revoked keys",
  },
  workspace: {
    basics: "The company", name: "Name", zone: "Time zone", zoneHint: "Its calendar days are the days that are counted.", currency: "Currency", currencyHint: "Three letters, such as EUR. Amounts without a currency are in it.", saved: "Saved",
    costs: "What work costs", costsHow: "What the ROI of interventions is reckoned with.", cost: { minutes_a_task: "Minutes a task", an_hour: "An hour", a_message: "A message" },
    retention: "How long things are kept", logKept: "Event log, for repair", journeysKept: "Ended runs of journeys", eventsKept: "Events, scores, audit trail", hours: (n: string) => `${n} hours`, days: (n: string) => `${n} days`, forGood: "for good", retentionHow: "Whoever runs this installation sets these (docs/operate.md).",
  },
  limits: {
    intro: "These hold for all automation together: journeys, triggers and drafts. Transactional messages and those to your own people pass.", quiet: "Quiet hours", quietOn: "No e-mail at night", from: "From", until: "Until", theirClock: "On the contact's own clock.",
    caps: "How often is enough", cap: { contact_daily_cap: "One contact, a day", contact_cap: "One contact, over some days", account_cap: "All contacts of one account together" }, atMost: "At most", inDays: "In days", ownDay: "on the contact's own calendar day",
    kept: "Kept for weightier messages, %", keptHow: "This share of each limit is not open to marketing.", wait: "Wait at most, days", waitHow: "A message that was held this long is skipped.", people: "When people talk", switches: { pause_during_escalation: "Hold messages while a ticket is escalated", pause_during_conversation: "Hold messages while a member works with the account" },
    talking: "A call or mail counts for, days", saved: "Saved: it holds from the next message on",
  },
  calendars: {
    intro: "Due times count business time of the owner's calendar. Changes hold for tasks opened from now on.", newKey: "New calendar", add: "Add", hours: "Hours", days: { mon: "Monday", tue: "Tuesday", wed: "Wednesday", thu: "Thursday", fri: "Friday", sat: "Saturday", sun: "Sunday" }, edge: { start: "from", end: "until" },
    addShift: "+ hours", takeShift: "Take away hours", isClosed: "closed", zone: "Time zone", zoneHint: "Left empty: each member's own.", country: "Public holidays of", countryHint: "Country, two letters, such as DE.", subdivision: "State or province", closed: "Days closed besides", addDay: "Close that day", openAgain: (day: string) => `Open ${day} again`,
    saved: (name: string) => `${name} is saved`, remove: "Remove", removed: (name: string) => `${name} is removed`, removeTitle: (name: string) => `Remove the calendar ${name}?`, removeHow: "It can be removed while nobody works by it.", next: "Next openings", openNow: "Open now", closedNow: "Closed now", never: "It never opens: give a day hours.",
  },
  sources: {
    feeds: "Sources", states: { fresh: "live", stale: "gone silent", not_connected: "not connected" } as Record<string, string>, last: "last", nothingYet: "nothing yet", behind: (n: string) => `${n} bodies behind`, connect: "Say that it is connected", connectHow: "From then on silence means something: no tickets are then no tickets, and not unknown.", connected: "Kept: its silence counts from now on",
    feedsHow: "A source that says nothing lowers a score's confidence, never the score. What could not be accepted waits in the", imports: "Imports", importFile: "Import a file", noImports: "No file was imported yet.", rows: "Rows", counts: (rows: string, taken: string, rejected: string) => `${rows} rows: ${taken} taken, ${rejected} rejected`, rejects: "Rejected rows", download: "Download rejects",
    kind: "What the rows are", kinds: { accounts: "Accounts", contacts: "Contacts", subscriptions: "Subscriptions", invoices: "Invoices", tickets: "Tickets", interactions: "Interactions (calls, mails, meetings)", surveys: "Survey answers", events: "Product events" }, file: "File", fileHint: "CSV, Parquet or JSON lines.", noHeader: "The columns of this file are read by the server: make a dry run to see how they are understood.",
    mapping: "How columns are understood", mappingSaved: "as chosen for such a file before", mappingGuessed: "guessed from their names", field: "Field", column: "Column of the file", required: "required", noColumn: "none", unmapped: (columns: string) => `Not taken: ${columns}`, missing: (fields: string) => `Choose a column for ${fields}.`,
    dryRun: "Dry run", go: "Import", nothingKept: "It was a dry run: nothing was kept.",
  },
  quarantine: {
    intro: "Items that could not be accepted, as they came. Mend and replay them, or throw them away; thrown away, they stay readable.", reason: "Reason", all: "All", none: "Nothing waits here.", choose: "Choose", item: "Item", source: "Source", received: "Received", chosen: (n: number) => `${n} chosen`,
    replay: "Replay", replayMended: "Replay as mended", discard: "Discard", discardTitle: (n: number) => `Discard ${many(n, "item")}?`, discardHow: "They are not taken in. They stay readable, but cannot be replayed.", replayed: (n: number) => `${many(n, "item")} taken in again`, discarded: (n: number) => `${many(n, "item")} discarded`, mend: "The item, to be mended", mendHow: "JSON. What you change is taken in instead.",
  },
  jobs: {
    job: "Job", kind: "Kind", anyKind: "Any kind", state: "State", anyState: "Any state", states: { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled" } as Record<string, string>, progress: "Progress", asked: "Asked", took: "Took", none: "No job.",
    kinds: { import: "Import", backtest: "Backtest of a trigger", history: "Scoring of the past", simulation: "Simulation of a journey", train: "Training of a model", score: "Scoring everybody", drift: "Look for drift", learning: "Learning from feedback", experiments: "Results of tests", compaction: "Tidying the lake" } as Record<string, string>,
  },
  webhooks: {
    intro: "Addresses that get signed calls (Standard Webhooks). Journeys and triggers name them by their key.", add: "Add a receiver", edit: "Edit", editTitle: (key: string) => `Change ${key}`, none: "No receiver is set up.", key: "Key", keyHint: "How journeys and triggers call it, for example crm.", url: "Address", secret: "Signing secret", secretFresh: "Copy it now into the receiver: later only its end is shown.", secretKept: "As it is, by its last characters; write another to replace it.",
    makeUp: "Make up a new secret", saved: "Saved", remove: "Remove", removed: (key: string) => `${key} is removed`, removeTitle: (key: string) => `Remove ${key}?`, removeHow: "Effects that name it fail from now on.",
  },
  me: {
    browser: "In this browser", theme: "Theme", density: "Density", dense: "Dense", roomy: "Roomy", language: "Language", languageHint: "English is there so far; another language is one more file of words.", formats: "Dates and numbers", asBrowser: "As the browser has it", zone: "Show times in", zoneHint: "Left empty: the clock of this machine.", saved: "Saved", noSuchZone: "There is no such time zone.",
    profile: "Me", name: "Name", ownZone: "My time zone", ownZoneHint: "When tasks are due for you, where your calendar names no zone.", asKey: "You came with a key: sign in as a member to have a name and a password.", password: "Password", present: "Present password", next: "New password", change: "Change password", passwordSaved: "Changed; other browsers are signed out", passwordHow: "All your other sessions end.",
  },
  about: {
    installation: "Installation", version: "Version", python: "Python", database: "Database", databases: { embedded: "embedded PostgreSQL", given: "PostgreSQL of your own" } as Record<string, string>, store: "Store", log: "Event log", worker: "Worker", works: "works", room: "Room for data", gigabytes: (n: string) => `${n} GB free`, lowRoom: (n: string) => `only ${n} GB free`, mail: "E-mail", mailSent: (from: string) => `sent as ${from}`, mailKept: "kept in the built-in outbox", doctor: "A full examination, with what to mend and how, on the machine itself:",
    now: "Now", accounts: "Accounts", position: "Bodies received", lag: "Waiting", upToDate: "up to date", catching: "Catching up with the past", allWell: "Nothing needs a person.",
  },
  setup: {
    title: "Set-up", welcome: "Welcome to Forestay", steps: ["Who are you", "Connect", "See the first score"], who: "Who are you?", whoLink: "You are the first here, and become its admin. Others are added later under Settings.", whoKey: "The first member needs the link or the key that Forestay printed when it started, so that no stranger gets ahead of you.",
    proof: "Admin key, or the secret after #link=", proofHint: "`forestay link` on that machine prints a new link.", name: "Your name", company: "Your company", passwordHint: "10 characters or more.", zone: "Time zone", next: "Go on",
    banner: "Set-up is not finished: no customer has come in yet.", bannerKey: "You came with a key. Make the first member, then connect your data.", goOn: "Go on with it", later: "Later",
    connect: "Connect your product", connectHow: "Any Segment SDK, RudderStack or plain HTTP. A write key can add data and read nothing.", makeKey: "Make a write key", keyName: "Set-up", language: "Language", connectMore: "group says which account a user belongs to: without it Forestay cannot know. More: docs/connect-your-data.md",
    file: "Or bring a file", fileHow: "An export from your CRM is a good start: accounts first, then contacts, subscriptions, tickets.", demo: "Or look at a made-up company", demoHow: "It runs as an installation of its own, so that nothing made up gets among your customers:",
    arriving: "What has come in", waiting: "Waiting for the first data…", scoring: "Customers are there. A score comes with the first evidence: events, tickets, invoices.", firstScore: "The first scores are there", soFar: (bodies: string, accounts: string) => `${many(bodies, "body", "bodies")} received, ${many(accounts, "account")}`, toToday: "Go to Today",
  },
};
