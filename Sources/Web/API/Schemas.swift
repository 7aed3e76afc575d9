import Settings

/// What the API's answers are like, by the names of the types that make them.
enum Schemas {
    static let all: [String: Schema] = [
        "Problem": Problem.schema, "Report": report, "Scheme": scheme, "Member": member, "Indicator": indicator,
        "Probe": probe, "Event": event, "Explanation": explanation, "Override": override, "WhatIf": whatIf,
        "SchemeProvider": schemeProvider, "Push": push, "Propagation": propagation, "Notice": notice,
        "Channel": channel, "ChannelTest": channelTest, "ProviderTest": providerTest, "StatusPost": statusPost,
        "Receipt": receipt, "Revision": revision, "RevisionEffect": revisionEffect,
        "RevisionOutcome": revisionOutcome, "RevisionDetail": revisionDetail, "Window": window, "Entry": entry,
        "User": user, "RestoreReport": restoreReport,
        "Token": token, "AuditEntry": auditEntry, "Me": me, "Project": project, "ProjectMember": projectMember,
        "Secret": secret, "Trial": trial,
    ].merging(lineSchemas) { $1 }

    static func optional(_ name: String, _ schema: Schema, _ description: String = "") -> Schema.Property {
        .init(name, schema, description, required: false)
    }

    static let report = Schema.object([
        .init("sequence", .integer(), "Goes up with every change."), .init("at", .time, "Seconds since 1970."),
        .init("version", .string()), .init("startedAt", .time), .init("dns", .array(.string())),
        .init("schemes", .array(.named("Scheme"))), .init("indicators", .array(.named("Indicator"))),
        .init("events", .array(.named("Event")), "The newest first, at most 200."),
        optional("problems", .array(.string()), "What the operator must know, in words."),
    ])

    static let trial = Schema.object([
        .init("isSuccess", .bool),
        .init("reason", .string(), "What was found, or what is wrong with the check itself."),
        .init("milliseconds", .number()),
        .init("problems", .array(.string()), "What is wrong with the arguments; empty if the check could be tried."),
    ])

    static let restoreReport = Schema.object([
        .init("revision", .integer(), "The revision in force now."),
        optional("takenAt", .time, "When the backup was taken."),
        optional("keptAs", .string(), "Where the state that was there before is, on the server."),
    ])

    static let scheme = Schema.object([
        .init("name", .string()), .init("provider", .string()), .init("generation", .integer()),
        .init("answer", .choice(["addresses", "nodata", "servfail", "none"])),
        .init("addresses", .array(.string())), .init("ttl", .integer(), "Seconds, as answered at the moment."),
        optional("since", .time), .init("rule", .string(), "Which rule answers, in words."),
        .init("isAllDown", .bool), optional("held", .string(), "What holds a better answer back."),
        optional("heldUntil", .time), .init("sync", .string()), optional("publishMicroseconds", .number()),
        .init("members", .array(.named("Member"))), .init("failback", .string()), .init("allDown", .string()),
        .init("providers", .array(.named("SchemeProvider")), "In their configured order."),
        optional("managedBy", managedBy, managedByDescription),
        .init("imposed", .array(.named("Override")), "What operators have imposed on it."),
        .init("projects", .array(.string()), "Those that it belongs to."),
    ])

    static let schemeProvider = Schema.object([
        .init("name", .string()),
        .init("sync", .choice(["waiting", "retrying", "refused", "synced", "verified", "drifted"])),
        optional("since", .time), .init("words", .string(), "Its last reply, or what is amiss."),
        optional("held", .array(.string()), "What it holds, as far as is known."),
        .init("remarks", .array(.string()), "What of the decision it cannot hold."),
        .init("dissenting", .array(.string()), "Name servers that did not answer so."), optional("nextAt", .time),
        .init("isPaused", .bool, "Its change waits for an operator."),
    ])

    static let push = Schema.object([
        .init("isDryRun", .bool),
        .init(
            "items",
            .array(
                .object([
                    .init("provider", .string()), .init("words", .string(), "What a push would do there."),
                ])), "Of a dry run; otherwise none."),
    ])

    static let propagation = Schema.object([
        .init("scheme", .string()), .init("at", .time), .init("addresses", .array(.string())),
        .init("ttl", .integer(), "Seconds."), .init("generation", .integer()), optional("since", .time),
        .init("sync", .string()), .init("providers", .array(.named("SchemeProvider"))),
        .init("authorities", .array(server), "The zone's name servers, each at each of its addresses."),
        .init("resolvers", .array(server)), .init("summary", .string()),
        optional("clearAt", .time, "When the last cache lets go of the old answer."),
        .init("forecast", .string(), "The same in words."),
    ])

    private static let server = Schema.object([
        optional("name", .string()), .init("address", .string()), .init("answers", .array(.string())),
        optional("ttl", .integer(), "Seconds; of a resolver what it has left."),
        optional("serial", .integer(), "The zone's serial number there."), .init("milliseconds", .number()),
        optional("agrees", .bool, "Missing if it gave no answer that counts."), optional("disagreesSince", .time),
        optional("trouble", .string(), "Why it gave none."),
    ])

    private static let managedBy = Schema.choice(["file", "api"])
    private static let managedByDescription = "A file's entries can be changed in the file only."

    static let receipt = Schema.object([
        .init("indicator", .string()), .init("ok", .bool, "Whether what was reported is as it should be."),
        .init("reason", .string()), .init("due", .time, "When the next report is late."),
    ])

    static let member = Schema.object([
        .init("indicator", .string()), .init("values", .array(.string())), .init("priority", .integer()),
        optional("priorityName", .string()), .init("isActive", .bool), .init("isUsable", .bool),
        .init("state", state), optional("override", .string()), optional("unusableBecause", .string()),
    ])

    static let state = Schema.choice(["ok", "err", "unknown"])

    static let indicator = Schema.object([
        .init("name", .string()), .init("method", .string()), .init("target", .string()), .init("policy", .string()),
        .init("intervalSeconds", .number()), .init("state", state), .init("effective", state),
        optional("since", .time), optional("override", .string()), .init("isUndecided", .bool),
        .init("probesUntilFlip", .integer()), optional("lastProbe", .named("Probe")),
        .init("recent", .array(.named("Probe")), "The oldest first, at most ten."),
        optional("managedBy", managedBy, managedByDescription),
        .init("imposed", .array(.named("Override")), "What operators have imposed on it."),
        .init("projects", .array(.string()), "Those that it belongs to."),
    ])

    static let probe = Schema.object([
        .init("at", .time), .init("isSuccess", .bool), .init("reason", .string()),
        .init("totalMilliseconds", .number()), optional("resolveMilliseconds", .number()),
        optional("connectMilliseconds", .number()), optional("tlsMilliseconds", .number()),
        optional("firstByteMilliseconds", .number()),
    ])

    static let event = Schema.object([
        .init("id", .integer()), .init("at", .time), .init("kind", .string()), optional("indicator", .string()),
        optional("scheme", .string()), .init("text", .string()), .init("tone", .choice(["good", "bad", "neutral"])),
        optional("addresses", .array(.string())), optional("generation", .integer()),
    ])

    static let explanation = Schema.object([
        .init("scheme", .string()), .init("summary", .string()),
        .init(
            "steps", .array(.object([optional("at", .time), .init("stage", .string()), .init("text", .string())]))),
    ])

    static let override = Schema.object([
        .init(
            "subject", .string(),
            "indicator:NAME, scheme:NAME, silence:indicator:NAME, silence:scheme:NAME or window:NAME."),
        .init("action", .string()),
        optional("member", .string()), .init("author", .string()), .init("reason", .string()), .init("since", .time),
        optional("until", .time, "Missing: until it is ended by hand."),
    ])

    static let whatIf = Schema.object([
        .init("scheme", .string()), .init("now", .array(.string())), .init("then", .array(.string())),
        .init("rule", .string()), .init("changes", .bool),
    ])

    static let noticeState = Schema.choice(["waiting", "delivered", "given-up"])

    static let notice = Schema.object([
        .init("id", .integer()), .init("at", .time), .init("channel", .string()),
        .init("subscription", .string(), "Empty for a test."), .init("purpose", .choice(["news", "reminder", "test"])),
        .init("severity", .choice(["info", "warning", "critical"])), .init("title", .string()),
        .init("lines", .array(.string()), "What it tells, the most severe first."),
        .init("more", .integer(), "How many there were beside the lines."), .init("state", noticeState),
        .init("attempts", .integer()), optional("attemptedAt", .time),
        .init("words", .string(), "What the service said last, or why it was not reached."),
    ])

    static let channel = Schema.object([
        .init("name", .string()), .init("kind", .string()), .init("target", .string(), "Without secrets."),
        .init("waiting", .integer()), optional("deliveredAt", .time), optional("trouble", .string()),
        optional("nextAttemptAt", .time),
    ])

    static let channelTest = Schema.object([
        .init("channel", .string()), .init("isDelivered", .bool), .init("words", .string()),
        .init("milliseconds", .number()),
    ])

    static let providerTest = Schema.object([
        .init("provider", .string()), .init("isReached", .bool),
        .init("words", .string(), "What it holds, or why it was not reached."), .init("milliseconds", .number()),
        optional(
            "why", .string(),
            "Why it was not reached, in one word: credentials, noSuchZone, unreachable … or notAsked."),
        optional("name", .string(), "The name that it was asked for."),
        .init("records", .array(.string()), "What it holds of that name."),
    ])

    static let statusPost = Schema.object([
        .init("id", .integer()), .init("at", .time), .init("kind", .choice(["incident", "maintenance"])),
        .init("text", .string()), optional("scheme", .string()), optional("from", .time), optional("until", .time),
    ])

    static let revisionEffect = Schema.object([
        .init(
            "kind", .choice(["answer", "later", "scheme", "indicator", "zone", "override", "server", "restart"]),
            "answer: somebody gets another answer; later: once something has been checked; restart: at the next start."
        ), .init("subject", .string()), .init("text", .string(), "One line for people."),
    ])

    static let revision = Schema.object([
        .init("number", .integer()), .init("at", .time), .init("author", .string()), .init("comment", .string()),
        .init("source", .choice(["file", "api", "page", "rollback"])),
        .init("effects", .array(.named("RevisionEffect")), "What it was to do when it was made."),
    ])

    static let revisionDetail = Schema.object([
        .init("revision", .named("Revision")),
        .init("document", .string(), "What a file has; masked:… stands for each secret."),
        .init("managed", .string(), "What the page and the API have added."),
    ])

    static let revisionOutcome = Schema.object([
        .init("revision", .integer(), "The one in force now."), .init("isNew", .bool), .init("isDryRun", .bool),
        .init("effects", .array(.named("RevisionEffect"))), .init("diff", .string(), "In unified format."),
        .init("warnings", .array(.string())),
    ])

    static let window = Schema.object([
        .init("name", .string()), .init("indicators", .array(.string()), "Those that it concerns now."),
        .init("reason", .string()), .init("isOpen", .bool),
        optional("start", .time, "Of the occurrence that is open, otherwise of the next."), optional("end", .time),
    ])

    static let entry = Schema.object([
        .init("kind", .choice(ManagedPart.Section.allCases.map(\.rawValue))), .init("name", .string()),
        .init("managedBy", managedBy, managedByDescription),
        .init("value", .anything, "With the keys that the file has; secrets are masked."),
    ])

    static let role = Schema.choice(["viewer", "operator", "admin"])

    static let user = Schema.object([
        .init("name", .string()), .init("roles", .map(role), "By project; * is every project."),
        .init("isDisabled", .bool), .init("hasSecondFactor", .bool), .init("created", .time),
    ])

    static let token = Schema.object([
        .init("id", .integer()), .init("name", .string()), .init("user", .string()), .init("project", .string()),
        .init("role", role), .init("created", .time), optional("expires", .time),
        optional("secret", .string(), "Told once, when the token is made."),
    ])

    static let project = Schema.object([
        .init("name", .string()), .init("indicators", .array(.string()), "Names, or patterns with * and ?."),
        .init("schemes", .array(.string()), "The same."),
        .init("channels", .array(.string()), "Those that its people may subscribe with: the same."),
        .init("managedBy", .choice(["file", "api"])), .init("role", role, "What whoever asks may do there."),
    ])

    static let projectMember = Schema.object([.init("name", .string()), .init("role", role)])

    static let secret = Schema.object([
        .init("name", .string()), optional("setAt", .time, "Missing: it is needed, and not kept."),
        .init("usedBy", .array(.string()), "The accounts at providers that need it."),
    ])

    static let me = Schema.object([
        .init("name", .string()), .init("roles", .map(role)),
        optional("csrf", .string(), "For the header X-CSRF-Token of what a session changes."),
    ])

    static let auditEntry = Schema.object([
        .init("id", .integer()), .init("at", .time), .init("actor", .string()), .init("origin", .string()),
        .init("action", .string()), .init("target", .string()), .init("detail", .string()), .init("seal", .string()),
    ])
}
