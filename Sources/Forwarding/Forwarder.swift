import Failover
import Logging

/// Keeps our nftables table as it is wanted.
///
///     plan ─┐                          ┌─ equal ──► nothing
///           ├─► wanted ─► compare with ┤
///     held ─┘             what nft lists└─ not ───► replace in one transaction ─► cut what is left behind
///
/// One turn after another: when the plan changes, and at an interval, as others may have changed the table.
package actor Forwarder {
    /// How often the table is looked at when nothing else is the matter.
    package static let interval = Duration.seconds(10)

    private let programs: @Sendable () -> ForwardingPrograms
    private let machine: @Sendable () -> Machine
    private let interval: Duration
    private let logger: Logger
    private let changed: @Sendable (ForwardingStatus) async -> Void

    private var plan: ForwardingPlan?
    /// What the last turn has put in force, or found so.
    private var current: (ruleset: Ruleset, listing: Listing, forwards: [Forward])?
    /// Whether nft is known to have no table of ours.
    private var isGone = false
    private var cutProblem: String?
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    package private(set) var status = ForwardingStatus()

    /// - Parameter changed: called with `status` after it has changed.
    package init(logger: Logger, changed: @escaping @Sendable (ForwardingStatus) async -> Void) {
        self.init(programs: { .installed }, machine: { .now }, logger: logger, changed: changed)
    }

    init(
        programs: @escaping @Sendable () -> ForwardingPrograms, machine: @escaping @Sendable () -> Machine,
        interval: Duration = Forwarder.interval, logger: Logger,
        changed: @escaping @Sendable (ForwardingStatus) async -> Void = { _ in }
    ) {
        self.programs = programs
        self.machine = machine
        self.interval = interval
        self.logger = logger
        self.changed = changed
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// From now on this is wanted. It is in force soon after, as long as `run` runs.
    package func want(_ plan: ForwardingPlan) {
        guard plan != self.plan else { return }
        self.plan = plan
        signal.yield()
    }

    /// Until the task is cancelled. Leaves the table as it is: who stops looking must not stop traffic.
    package func run() async {
        let (signal, interval) = (signal, interval)
        let clock = Task {
            while !Task.isCancelled {
                try? await ContinuousClock().sleep(for: interval)
                signal.yield()
            }
        }
        defer { clock.cancel() }
        for await _ in signals { await turn() }
    }

    /// Compares what is in force with what is wanted, and puts it right.
    func turn() async {
        let before = status
        await lookAndPutRight()
        if status != before { await changed(status) }
    }

    private func lookAndPutRight() async {
        guard let plan else { return }
        let programs = programs()
        do {
            if plan.services.isEmpty {
                try await clear(programs)
                status = ForwardingStatus(repairs: status.repairs)
            } else {
                try await enforce(plan, programs)
            }
        } catch {
            // Without rules of ours there is nothing to miss.
            if plan.services.isEmpty { return }
            if status.state != .unavailable(error) {
                logger.error("Ports cannot be forwarded", metadata: ["why": "\(error)"])
            }
            status.state = .unavailable(error)
        }
    }

    private func clear(_ programs: ForwardingPrograms) async throws(ForwardingError) {
        if isGone { return }
        if try await Nft(programs).remove() { logger.notice("Forwarding removed", metadata: ["table": "ninelives"]) }
        isGone = true
        current = nil
    }

    private func enforce(_ plan: ForwardingPlan, _ programs: ForwardingPrograms) async throws(ForwardingError) {
        let nft = try Nft(programs)
        isGone = false
        let found = try await nft.listing()
        let before = current?.forwards ?? found?.forwards ?? []
        let table = ForwardTable(plan, holding: before)
        let machine = machine()
        let ruleset = Ruleset(table, interfaces: machine.interfaces)
        // nft may have a way of its own to list what we wrote: then it is that which must not change.
        let isWanted = current?.ruleset == ruleset
        let expected = isWanted ? current?.listing : Listing(ruleset.objects)
        if found == expected, let found {
            current = (ruleset, found, table.forwards)
        } else {
            try await nft.replace(with: ruleset)
            let cuttings = Cutting.all(from: before, to: table.forwards, for: plan)
            await cut(cuttings, programs)
            tell(table, wasChanged: isWanted, removed: found == nil, cuts: cuttings.count)
            current = (ruleset, try await nft.listing() ?? Listing(ruleset.objects), table.forwards)
        }
        if status.state != .inForce {
            logger.notice("Ports are forwarded", metadata: ["places": "\(table.forwards.count)"])
        }
        status.state = .inForce
        status.places = table.forwards.map(ForwardingStatus.Place.init)
        setProblems(table.gaps.map(\.description) + machine.problems(of: table.forwards) + cutProblems(plan, programs))
    }

    private func tell(_ table: ForwardTable, wasChanged: Bool, removed: Bool, cuts: Int) {
        if wasChanged {
            status.repairs += 1
            logger.warning(
                "The forwarding rules were changed by somebody else, and are as they were again",
                metadata: ["table": "ninelives", "what": removed ? "removed" : "changed"])
            return
        }
        for forward in table.forwards where !status.places.contains(.init(forward)) {
            let place = ForwardingStatus.Place(forward)
            logger.notice(
                "Forwarded",
                metadata: [
                    "scheme": "\(place.service)", "place": "\(place.place)",
                    "servers": "\(place.servers.joined(separator: " "))", "cut": "\(cuts)",
                ])
        }
    }

    private func cut(_ cuttings: [Cutting], _ programs: ForwardingPrograms) async {
        guard !cuttings.isEmpty, let conntrack = programs.conntrack else { return }
        cutProblem = nil
        for cutting in cuttings {
            guard let obstacle = await cutting.perform(with: conntrack) else { continue }
            cutProblem = "connections to \(cutting.server.address) were not cut: conntrack: \(obstacle)"
        }
    }

    private func cutProblems(_ plan: ForwardingPlan, _ programs: ForwardingPrograms) -> [String] {
        guard plan.services.contains(where: { $0.established == .cut }) else { return [] }
        if programs.conntrack == nil {
            return [
                "connections to servers that have failed are not cut: conntrack is not installed; "
                    + "install it (apt install conntrack)"
            ]
        }
        return cutProblem.map { [$0] } ?? []
    }

    private func setProblems(_ problems: [String]) {
        for problem in problems where !status.problems.contains(problem) {
            logger.warning("Not all is forwarded", metadata: ["why": "\(problem)"])
        }
        status.problems = problems
    }
}

extension ForwardingPlan {
    /// The rules that this comes to on this machine, in nft's own language, or as JSON for `nft -j -f -`; and what is not
    /// forwarded.
    package func rules(asJSON: Bool) -> (text: String, problems: [String]) {
        let table = ForwardTable(self, holding: [])
        let machine = Machine.now
        let ruleset = Ruleset(table, interfaces: machine.interfaces)
        let text = asJSON ? String(decoding: ruleset.commands.octets, as: UTF8.self) + "\n" : ruleset.text
        return (text, table.gaps.map(\.description) + machine.problems(of: table.forwards))
    }
}
