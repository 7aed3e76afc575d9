import DNS
import Failover
import Foundation
import Logging
import NIOPosix
import Notices
import Providers
import Settings
import Storage

/// The configuration in force, and the only way in which it changes.
///
///     file ─┐
///     API  ─┼─► read whole ─► tried on a copy of the engine ─► kept in the store ─► put into force ─► a new revision
///     page ─┘       └─ anything wrong: told with its place, and what was in force stays
///
/// One change at a time: the next waits until the one before is in force or refused.
package actor Revisions: RevisionInterface {
    /// Puts what is not the engine's into force (zones, options, access); returns what needs a restart.
    package typealias Installation = @Sendable (Settings, ZoneSnapshot, _ before: Settings) async -> [SettingsError]

    let store: Store?
    let seal: RevisionSeal
    private let control: Control
    private let install: Installation
    private let logger: Logger
    private(set) var settings: Settings
    private(set) var text: RevisionText { didSet { knownConfigured = nil } }
    /// Nil until somebody asks for it, and after a change.
    var knownConfigured: Configured?
    private(set) var number: Int
    private var fileHash: String?
    /// Why the file is not in force, told until it is mended or reverted.
    private var fileProblems: [SettingsError]
    /// What is wrong with zones that are served as they were, and what waits for a restart.
    private var otherProblems: [SettingsError] = []
    private var isBusy = false
    private var isRetired = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - store: nil without one: then revisions are counted, and forgotten with the process.
    ///   - pending: what of the settings takes effect at the next start only.
    package init(
        from start: StartingPoint, store: Store?, seal: RevisionSeal, control: Control,
        pending: [SettingsError] = [], logger: Logger, install: @escaping Installation
    ) {
        self.store = store
        self.seal = seal
        self.control = control
        self.install = install
        self.logger = logger
        settings = start.settings
        text = start.text
        number = start.newest?.number ?? 0
        fileHash = start.fileHash
        fileProblems = start.problems
        otherProblems = start.settings.keptZoneErrors + pending
        if !start.isNewest { unkept = start }
    }

    /// What the server started with, while it is no revision yet.
    private var unkept: StartingPoint?

    /// Makes a revision of what the server started with, if it is none, and tells what keeps the file from being in
    /// force.
    package func begin() async {
        if let start = unkept {
            unkept = nil
            let effects = start.newest == nil ? [] : [RevisionEffect("server", "", "the file changed before the start")]
            await keepFile(start.text, settings, effects: effects)
        } else if let fileHash {
            store?.note([.fact(key: StartingPoint.seenKey, value: fileHash)])
        }
        // A store of an older version knows of none yet.
        if homes().homes.isEmpty { store?.note([.fact(key: SecretHomes.key, value: homes(with: settings))]) }
        if !fileProblems.isEmpty {
            logger.error(
                "The configuration file is broken: the last revision that was right is in force",
                metadata: ["revision": "\(number)", "file": "\(settings.file)"])
        }
        await tell("The configuration file is not in force")
        configureAhead()
    }

    /// Whoever comes first need not wait.
    private func configureAhead() {
        Task(priority: .background) {
            _ = configured()
            control.loans.relieveSoon()
        }
    }

    // MARK: One at a time

    private func enter() async {
        guard isBusy else {
            isBusy = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }

    /// Waits for the change that is under way, and refuses all that come later.
    package func retire() async {
        await enter()
        isRetired = true
        leave()
    }

    /// From where another one could go on.
    package func standing() -> StartingPoint {
        StartingPoint(
            settings: settings, text: text, newest: nil, isNewest: true, fileHash: fileHash, problems: fileProblems)
    }

    // MARK: Changes by people and programs

    package func propose(
        _ change: RevisionChange, _ terms: RevisionTerms
    ) async throws(RevisionError) -> RevisionOutcome {
        await enter()
        defer { leave() }
        if isRetired { throw .notKept("a backup is being restored, or the server is stopping") }
        if let base = terms.base, base != number {
            throw .conflict(base: base, meanwhile: try meanwhile(since: base))
        }
        let wanted = try candidate(for: change)
        let (settings, snapshot) = try await read(wanted)
        let fresh = terms.freshSecrets.union(freshSecrets(of: settings, setBy: terms.author))
        try refuseStrangeJourneys(SecretHomes.journeys(of: settings), of: settings, fresh: fresh)
        let effects = await effects(of: settings, wanted)
        var outcome = RevisionOutcome(
            revision: number, isNew: false, isDryRun: terms.isDryRun, effects: effects,
            diff: diff(
                from: masked(text), "revision \(number)", to: masked(wanted),
                terms.isDryRun ? "proposal" : "revision \(number + 1)"),
            warnings: settings.warnings.map(\.description))
        guard wanted != text, !terms.isDryRun else { return outcome }
        let isRollback = if case .rollback = change { true } else { false }
        do {
            try await keep(
                wanted, effects, terms, source: isRollback ? "rollback" : terms.source,
                facts: [SecretHomes.key: homes(with: settings, fresh: fresh)])
        } catch {
            if case .conflict = error { throw .conflict(base: number, meanwhile: try meanwhile(since: number)) }
            throw .notKept("\(error)")
        }
        await put(settings, snapshot, wanted, why: "\(terms.author): \(terms.comment)")
        outcome.revision = number
        outcome.isNew = true
        return outcome
    }

    private func meanwhile(since base: Int) throws(RevisionError) -> [RevisionReport] {
        guard base < number else { throw .noSuchRevision(base) }
        return (try? store?.revisions(limit: 10, after: base).map(RevisionReport.init)) ?? []
    }

    func candidate(for change: RevisionChange) throws(RevisionError) -> RevisionText {
        var wanted = text
        switch change {
        case .document(let document): wanted.document = try revealed(document)
        case .entry(let section, let name, let value):
            try refuseFiles(name, in: section)
            if value == nil, text.managed.entry(name, in: section) == nil { throw .noSuchEntry(section, name) }
            wanted.managed.set(try value.map { value throws(RevisionError) in try revealed(value) }, name, in: section)
        case .entries(let changes):
            for change in changes {
                try refuseFiles(change.name, in: change.section)
                wanted.managed.set(try revealed(change.value), change.name, in: change.section)
            }
        case .member(let name, let indicator, let member):
            try refuseFiles(name, in: .schemes)
            guard var scheme = text.managed.entry(name, in: .schemes) else { throw .noSuchEntry(.schemes, name) }
            var members: [ConfiguredValue] = if case .list(let list)? = scheme["members"] { list } else { [] }
            let place = members.firstIndex { $0["indicator"] == .text(indicator) }
            switch (place, member) {
            case (let place?, let member?): members[place] = member
            case (nil, let member?): members.append(member)
            case (let place?, nil): members.remove(at: place)
            case (nil, nil): throw .noSuchEntry(.indicators, "\(indicator) in \(name)")
            }
            scheme["members"] = .list(members)
            wanted.managed.set(scheme, name, in: .schemes)
        case .rollback(let number):
            let revision = try stored(number)
            do {
                wanted = try seal.text(of: revision)
            } catch {
                throw .notKept("its secrets were sealed with another key")
            }
        }
        return wanted
    }

    /// The text with the secrets that `masked:…` stands for: those of the revision in force.
    private func revealed(_ document: String) throws(RevisionError) -> String {
        let known = secrets(of: text)
        do {
            return try SecretText.reveal(document, known)
        } catch {
            throw .invalid([
                SettingsError(
                    file: settings.file, line: error.line, column: error.column, path: "", value: error.mask,
                    problem: "stands for no secret of the revision in force", expected: "the secret, or secret-file")
            ])
        }
    }

    private func revealed(_ value: ConfiguredValue) throws(RevisionError) -> ConfiguredValue {
        switch value {
        case .text(let text):
            guard let token = secrets(of: self.text)[text] else { return value }
            // In the text it may stand in quotes.
            if let pair = ConfiguredValue.entries(of: .policies, of: "policies: { x: \(token) }").first {
                return pair.value
            }
            return .text(token)
        case .list(let items):
            var list: [ConfiguredValue] = []
            for item in items { list.append(try revealed(item)) }
            return .list(list)
        case .section(let pairs):
            var section: [ConfiguredValue.Pair] = []
            for pair in pairs { section.append(.init(pair.key, try revealed(pair.value))) }
            return .section(section)
        }
    }

    private func refuseFiles(_ name: String, in section: ManagedPart.Section) throws(RevisionError) {
        let inFile = ConfiguredValue.entries(of: section, of: text.document).map(\.key)
        if inFile.contains(name) { throw .managedByFile(section, name, file: settings.file) }
    }

    // MARK: Changes of files

    /// The configuration file and the files that it names, to be watched.
    package func files() -> [String] { [settings.file] + settings.files }

    /// Reads the file and all that it names once more, and puts into force what has changed.
    ///
    /// - Returns: which files to watch beside the configuration.
    package func reread(_ reason: String) async -> [String] {
        await enter()
        defer { leave() }
        if isRetired { return settings.files }
        let start = ContinuousClock.now
        var wanted = text
        var hash = fileHash
        var isChanged = false
        switch Settings.text(ofFile: settings.file) {
        case .failure(let errors): return await refuse(errors)
        case .success(let document):
            hash = StartingPoint.hash(document)
            isChanged = hash != fileHash
            if isChanged { wanted.document = document }
        }
        do throws(SettingsErrors) {
            let (settings, snapshot) = try await readWhole(wanted)
            if isChanged {
                fileHash = hash
                fileProblems = []
                if wanted != text {
                    await keepFile(wanted, settings, effects: await effects(of: settings, wanted))
                } else if let hash {
                    store?.note([.fact(key: StartingPoint.seenKey, value: hash)])
                }
            }
            await put(settings, snapshot, wanted, why: reason, since: start)
            return settings.files
        } catch {
            return await refuse(error)
        }
    }

    private func refuse(_ errors: SettingsErrors) async -> [String] {
        fileProblems = errors.errors
        await tell("Nothing was reloaded")
        return errors.files
    }

    /// What comes from the file takes effect even if it cannot be kept: then that is told.
    private func keepFile(_ wanted: RevisionText, _ settings: Settings, effects: [RevisionEffect]) async {
        let terms = RevisionTerms(author: Self.owner(of: settings.file), source: "file")
        var facts = [SecretHomes.key: homes(with: settings)]
        if let fileHash { facts[StartingPoint.seenKey] = fileHash }
        do {
            try await keep(wanted, effects, terms, source: "file", facts: facts)
        } catch {
            logger.error("The revision could not be kept", metadata: ["why": "\(error)"])
        }
    }

    /// Who the file belongs to.
    private static func owner(of file: String) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        return attributes?[.ownerAccountName] as? String ?? "file"
    }

    // MARK: Shared steps

    func read(_ wanted: RevisionText) async throws(RevisionError) -> (Settings, ZoneSnapshot) {
        do {
            return try await readWhole(wanted)
        } catch {
            throw .invalid(error.errors)
        }
    }

    /// Reads and checks both parts and all that they name, beside the threads that answer.
    private func readWhole(_ wanted: RevisionText) async throws(SettingsErrors) -> (Settings, ZoneSnapshot) {
        let (path, zones) = (settings.file, settings.zones)
        let outcome = try? await NIOThreadPool.singleton.runIfActive {
            Settings.read(wanted.document, path: path, managed: wanted.managed, keeping: zones).flatMap { settings in
                do {
                    let names = try settings.configuration.schemes.filter(\.isLocal).map { try Name($0.name.text) }
                    let snapshot = try ZoneSnapshot(zones: settings.zones, dynamicNames: names)
                    return Result<(Settings, ZoneSnapshot), SettingsErrors>.success((settings, snapshot))
                } catch {
                    return .failure(SettingsErrors(unanswerable: error, in: settings))
                }
            }
        }
        switch outcome {
        case .success(let read)?: return read
        case .failure(let errors)?: throw errors
        case nil: throw SettingsErrors(errors: [])
        }
    }

    private func effects(of settings: Settings, _ wanted: RevisionText) async -> [RevisionEffect] {
        let difference = SettingsDifference(old: self.settings, new: settings, oldText: text, newText: wanted)
        return await control.foresee(settings.configuration) + difference.effects
    }

    private func keep(
        _ wanted: RevisionText, _ effects: [RevisionEffect], _ terms: RevisionTerms, source: String,
        facts: [String: String]
    ) async throws(StoreError) {
        guard let store else {
            number += 1
            return
        }
        let document = seal.masked(wanted.document)
        let managed = seal.masked(wanted.managed.text)
        let json = (try? JSONEncoder().encode(effects)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        let kept = try await store.addRevision(
            document.masked, managed: managed.masked, effects: json,
            secrets: seal.sealed(document.secrets.merging(managed.secrets) { first, _ in first }),
            author: terms.author, comment: terms.comment, origin: source, at: control.clock.now,
            base: number == 0 ? nil : number, facts: facts, entry: terms.entry)
        number = kept.number
        await control.noteRevision(RevisionReport(kept).sentence)
    }

    private func put(
        _ settings: Settings, _ snapshot: ZoneSnapshot, _ wanted: RevisionText, why: String,
        since start: ContinuousClock.Instant = .now
    ) async {
        let needed = await install(settings, snapshot, self.settings)
        await control.apply(settings)
        self.settings = settings
        text = wanted
        otherProblems = settings.keptZoneErrors + needed
        logger.notice(
            "Reloaded",
            metadata: [
                "reason": "\(why)", "revision": "\(number)", "zones": "\(settings.zones.count)",
                "schemes": "\(settings.configuration.schemes.count)",
                "milliseconds": "\((ContinuousClock.now - start) / .milliseconds(1))",
            ])
        for warning in settings.warnings { logger.warning("Configuration", metadata: ["warning": "\(warning)"]) }
        await tell("Reloaded in part")
        configureAhead()
    }

    private func tell(_ message: Logger.Message) async {
        let problems = fileProblems + otherProblems
        for problem in problems { logger.error(message, metadata: ["problem": "\(problem)"]) }
        await control.setProblems(problems.map(\.description))
    }
}

extension SettingsErrors {
    /// What only shows when all zones and schemes are put together.
    fileprivate init(unanswerable error: any Error, in settings: Settings) {
        let faults = [
            SettingsError(
                file: settings.file, line: 1, column: 1, path: "", value: nil, problem: "cannot be answered: \(error)",
                expected: "zones and schemes that go together")
        ]
        self.init(errors: faults, files: settings.files)
    }
}
