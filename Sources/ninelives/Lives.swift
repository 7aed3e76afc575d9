import Accounts
import CSockets
import Control
import DNS
import DNSServer
import Failover
import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import Settings
import Storage
import Web

/// All that remembers, from a start or a restore to the next one.
struct Life: Sendable {
    let start: StartingPoint
    let store: Store
    let control: Control
    let accounts: Accounts
    let revisions: Revisions
}

/// What outlives a restore: the sockets, the DNS server with what it answers, the forwarding that is in force, and the
/// clock.
struct Body: Sendable {
    let clock: ShellClock
    let process: ProcessReport
    let dns: DNSServer
    let probing: Probing
    let forwarding: PortForwarding?
    let demo: (any DemoServers)?
    let isDryRun: Bool
    let install: Revisions.Installation
    let logger: Logger

    /// Begins to work with what is in `store`; publishes nothing yet.
    ///
    /// - Parameter pending: what of the settings waits for a restart.
    func live(from start: StartingPoint, store: Store, pending: [SettingsError] = []) throws -> Life {
        let folder = start.settings.dataFolder
        let control = try Control(
            clock: clock, publisher: LocalPublisher(server: dns), group: MultiThreadedEventLoopGroup.singleton,
            process: process, probing: probing, store: store, isDryRun: isDryRun, logger: logger,
            relieve: ninelives_release_free_memory)
        let clock = clock
        let accounts = try Accounts(store: store, folder: folder) { clock.now }
        let revisions = Revisions(
            from: start, store: store, seal: RevisionSeal(try SecretBox.open(folder: folder)), control: control,
            pending: pending, logger: logger, install: install)
        return Life(start: start, store: store, control: control, accounts: accounts, revisions: revisions)
    }
}

/// Keeps the life of the moment going, and ends it to begin the next one with a backup (docs/decisions/0062-restore.md).
///
///     backup ─► looked over, tried ─► the page waits ─► the life ends ─► the store is exchanged ─► the next life begins
///                  └─ anything wrong: refused, nothing has happened       └─ anything wrong: the same store again
///
/// Our DNS answers all the time: with what was decided last, until the next life has decided.
actor Lives: Service, RestoreInterface {
    private let body: Body
    private let folder: String
    private var life: Life
    private var watch: Watch
    private let watches = AsyncStream.makeStream(of: Watch.self)
    private var isOver = false
    private var isBusy = false
    private var web: WebServer?

    /// The upkeep of one life: until `end` is finished; it finishes `done` then.
    private struct Watch: Sendable {
        let life: Life
        let end = AsyncStream.makeStream(of: Void.self)
        let done = AsyncStream.makeStream(of: Void.self)
    }

    init(body: Body, first: Life) {
        self.body = body
        life = first
        folder = first.start.settings.dataFolder
        watch = Watch(life: first)
        watches.continuation.yield(watch)
    }

    var current: Life { life }

    /// What the page shows of the life of the moment.
    func subject() -> WebServer.Subject {
        let (dns, control, settings) = (body.dns, life.control, life.start.settings)
        return WebServer.Subject(
            control: control, demo: body.demo, accounts: life.accounts, isReadingOpen: settings.isReadingOpen,
            isStatusOpen: settings.isStatusOpen, revisions: life.revisions, restoring: body.demo == nil ? self : nil,
            metrics: {
                await dns.counters.metrics + control.probeCounts().metrics + control.noticeTallies().metrics
            })
    }

    func serve(by web: WebServer) { self.web = web }

    /// Keeps upkeep and the watch over files going, life by life, until the graceful shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await watch in self.watches.stream {
                await self.keep(watch.life, until: watch.end.stream)
                watch.done.continuation.finish()
            }
        }
        isOver = true
        watch.done.continuation.finish()
    }

    private nonisolated func keep(_ life: Life, until end: AsyncStream<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await life.control.keepUp() }
            group.addTask { await self.body.forwarding?.follow(life.control) }
            if body.demo == nil {
                let reloading = Reloading(revisions: life.revisions, settings: life.start.settings)
                group.addTask { try? await reloading.run() }
            }
            for await _ in end {}
            group.cancelAll()
        }
    }

    /// Waits until nobody looks at the store any more.
    private func endUpkeep() async {
        watch.end.continuation.finish()
        if !isOver { for await _ in watch.done.stream {} }
    }

    // MARK: Restoring

    nonisolated func uploadPath() -> String { "\(folder)/upload-\(UUID().uuidString).db" }

    func restore(
        _ file: String, called name: String, by author: String, from origin: String
    ) async throws(RestoreRefusal) -> RestoreReport {
        if isBusy { throw .busy }
        isBusy = true
        defer { isBusy = false }
        let restore = try await prepare(file)
        let old = life
        let standing = await old.revisions.standing()
        do throws(RestoreRefusal) {
            try await rehearse(restore, standing)
        } catch {
            await restore.restoration.giveUp()
            throw error
        }
        body.logger.notice("A backup is being restored", metadata: ["backup": "\(name)", "by": "\(author)"])
        web?.close()
        await stop(old)
        let report: RestoreReport
        do {
            report = try await exchange(restore, called: name, by: author, from: origin)
        } catch {
            await restore.restoration.giveUp()
            await goOn(from: standing)
            throw .failed("\(error)")
        }
        do {
            try await begin(with: try Store(folder: folder), before: standing.settings)
        } catch {
            await undo(report.keptAs, standing)
            throw .failed("\(error)")
        }
        await life.control.noteRestore(report.sentence(called: name), by: author)
        body.logger.notice("Restored", metadata: ["backup": "\(name)", "revision": "\(report.revision)"])
        return report
    }

    private func prepare(_ file: String) async throws(RestoreRefusal) -> Restore {
        let folder = folder
        let outcome = try? await NIOThreadPool.singleton.runIfActive { () -> Result<Restore, RestoreRefusal> in
            Result { () throws(RestoreRefusal) in try Restore(of: file, in: folder) }
        }
        guard let outcome else { throw .failed("the server is stopping") }
        return try outcome.get()
    }

    /// Reads the backup's configuration as the next life will, so that nothing has to be undone.
    private func rehearse(_ restore: Restore, _ standing: StartingPoint) async throws(RestoreRefusal) {
        let draft = restore.restoration.draft
        do {
            if let hash = standing.fileHash { try await draft.commit([.fact(key: StartingPoint.seenKey, value: hash)]) }
            _ = try find(in: draft).snapshot
        } catch {
            throw .unfit("what it has in force cannot be put into force here: \(error)")
        }
    }

    private func find(in store: Store) throws -> (start: StartingPoint, snapshot: ZoneSnapshot) {
        let seal = RevisionSeal(try SecretBox.open(folder: folder))
        var start = try StartingPoint.find(file: life.start.settings.file, store: store, seal: seal).get()
        start.settings.dataFolder = folder
        return (start, try self.snapshot(of: start.settings))
    }

    private func stop(_ life: Life) async {
        await life.revisions.retire()
        await endUpkeep()
        await life.control.stop()
        await life.store.close()
    }

    /// Somebody who reads the store for a moment (a backup, say) is waited for.
    private func exchange(
        _ restore: Restore, called name: String, by author: String, from origin: String
    ) async throws -> RestoreReport {
        for _ in 0..<50 where Store.isInUse(folder: folder) {
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
        return try await restore.put(called: name, by: author, from: origin, at: body.clock.now)
    }

    private func begin(with store: Store, before: Settings, from known: StartingPoint? = nil) async throws {
        do {
            let (start, snapshot) = try known.map { ($0, try self.snapshot(of: $0.settings)) } ?? find(in: store)
            let pending = await body.install(start.settings, snapshot, before)
            let next = try body.live(from: start, store: store, pending: pending)
            life = next
            watch = Watch(life: next)
            watches.continuation.yield(watch)
            await next.control.apply(start.settings)
            await next.revisions.begin()
            try web?.open(subject())
        } catch {
            await store.close()
            throw error
        }
    }

    private func snapshot(of settings: Settings) throws -> ZoneSnapshot {
        let names = try settings.configuration.schemes.filter(\.isLocal).map { try Name($0.name.text) }
        return try ZoneSnapshot(zones: settings.zones, dynamicNames: names)
    }

    /// Goes back to the state before a restore that could not be finished.
    private func undo(_ kept: String?, _ standing: StartingPoint) async {
        do {
            if let kept { try await Restoration(of: kept, in: folder).put() }
        } catch {
            body.logger.error("The restore cannot be undone", metadata: ["why": "\(error)"])
        }
        await goOn(from: standing)
    }

    /// Begins anew with the store that is there, however long that takes: answers go on meanwhile.
    private func goOn(from standing: StartingPoint) async {
        while true {
            do {
                let store = try Store(folder: folder)
                var start = standing
                start.newest = try store.revision()
                return try await begin(with: store, before: standing.settings, from: start)
            } catch {
                body.logger.error("Nothing can be read or written; answers go on", metadata: ["why": "\(error)"])
                try? await ContinuousClock().sleep(for: .seconds(1))
            }
        }
    }
}
