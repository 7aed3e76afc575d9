import Checks
import Failover
import Foundation
import NIOCore
import Storage

/// What a reported indicator said last.
struct LastReport: Codable, Hashable, Sendable {
    /// Nanoseconds since 1970.
    var at: Int64
    var value: String?
    var isSuccess: Bool
    var reason: String

    var instant: Instant { Instant(nanoseconds: at) }
}

/// Indicators that nobody probes: what their clients say comes in as results of probes, and so does their silence.
extension Control: ReportInterface {
    package func take(
        _ report: IncomingReport, of indicator: String, proof: ReportProof
    ) async throws(ReportRefusal) -> ReportReceipt {
        let name = IndicatorName(indicator)
        let place = targets.place(of: name)
        let check = place.flatMap { targets[$0].check as? any ReportedCheck }
        if case .token(let token) = proof {
            let isAllowed = [check?.token, reportToken].contains { $0?.matches(token) ?? false }
            guard isAllowed else { throw .notAllowed }
        }
        guard let place, let check else { throw .noSuchIndicator(indicator) }
        let verdict: ReportVerdict
        do {
            let said = ClientReport(isOK: report.isOK, value: report.value, comment: report.comment)
            verdict = try check.judge(said, after: lastReports[name]?.value)
        } catch {
            throw .wrong(error.words)
        }
        let last = LastReport(
            at: clock.now.nanoseconds, value: report.value ?? lastReports[name]?.value, isSuccess: verdict.isSuccess,
            reason: verdict.reason)
        lastReports[name] = last
        perform(event: heard(place, verdict.isSuccess, verdict.reason))
        let changes = unwritten + [.fact(key: Self.key(of: name), value: try Self.json(last))]
        unwritten = []
        finishTaking()
        do {
            try await keeping?.store.commit(changes)
        } catch {
            throw .notKept("\(error)")
        }
        return ReportReceipt(
            indicator: indicator, ok: verdict.isSuccess, reason: verdict.reason,
            due: (last.instant + check.rhythm.longestSilence).seconds)
    }

    private func heard(_ place: Int, _ isSuccess: Bool, _ reason: String) -> Event {
        targets[place].hasStarted = true
        return .probed(targets[place].name, Probe(isSuccess ? .success : .failure, reason: reason))
    }

    // MARK: Silence

    /// Begins to listen to an indicator, with what is known of it from before.
    func listen(for name: IndicatorName) {
        guard listeningSince[name] == nil else { return }
        listeningSince[name] = clock.now
        guard let text = try? keeping?.store.fact(Self.key(of: name)) else { return }
        lastReports[name] = try? JSONDecoder().decode(LastReport.self, from: Data(text.utf8))
    }

    /// When silence is an error. What was due while we were not there to hear it is not held against the client.
    private func silenceDue(_ name: IndicatorName, _ rhythm: Rhythm) -> Instant {
        let since = listeningSince[name] ?? clock.now
        guard let last = lastReports[name] else { return since + rhythm.longestSilence }
        let due = last.instant + rhythm.longestSilence
        return due > since ? due : since + rhythm.longestSilence
    }

    /// Waits for the silence to become too long. The engine's wish for another look is heard where the last one was
    /// not counted, while this node doubts itself.
    func scheduleReported(_ place: Int, _ turn: ProbeTurn) {
        let target = targets[place]
        guard let check = target.check as? any ReportedCheck else { return }
        let now = clock.now
        let silence = silenceDue(target.name, check.rhythm)
        var due = silence
        switch turn {
        case .now, .beside:
            if let last = lastReports[target.name], last.instant + check.rhythm.longestSilence > now { due = now }
        case .recheck(let pause), .afterInterval(let pause):
            if silence <= now || engine.isDoubtingItself { due = now + pause }
        }
        guard let turns = ownTurns[place] else { return }
        turns.scheduled?.cancel()
        let version = turns.version
        ownTurns[place]?.scheduled = group.next().scheduleTask(in: delay(until: due)) {
            Task { await self.lookAtReported(place, version: version) }
        }
    }

    private func lookAtReported(_ place: Int, version: UInt64) {
        guard isCurrent(place, version), let check = targets[place].check as? any ReportedCheck
        else { return }
        let name = targets[place].name
        if silenceDue(name, check.rhythm) <= clock.now {
            take(heard(place, false, check.silence))
        } else if let last = lastReports[name] {
            take(heard(place, last.isSuccess, last.reason))
        } else {
            scheduleReported(place, .afterInterval(.zero))
        }
    }

    // MARK: What is kept

    private static func key(of name: IndicatorName) -> String { "report:\(name)" }

    private static func json(_ report: LastReport) throws(ReportRefusal) -> String {
        do {
            return String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        } catch {
            throw .notKept("\(error)")
        }
    }
}
