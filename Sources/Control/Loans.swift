import NIOCore
import NIOPosix
import Synchronization

/// Somebody reads the engine's value: all that changes meanwhile is copied, and what was copied lies free behind it.
final class Loan: Sendable {
    private let loans: Loans
    init(of loans: Loans) { self.loans = loans }
    deinit { loans.relieveSoon() }
}

/// Sees to it that memory is given back when large values have been read. That takes a while, so it is done beside all
/// else, and not often.
final class Loans: Sendable {
    /// How many targets make the engine's value a large one.
    static let large = 2_000

    private struct Relief {
        var isDue = false
        var last: NIODeadline?
    }

    private let group: any EventLoopGroup
    private let patience, pause: TimeAmount
    private let relieve: (@Sendable () -> Void)?
    private let relief = Mutex(Relief())

    /// - Parameters:
    ///   - patience: from the end of a loan; whoever reads one thing soon reads another.
    ///   - pause: between two reliefs.
    ///   - relieve: nil: nothing is ever given back.
    init(
        group: any EventLoopGroup, patience: TimeAmount = .milliseconds(500), pause: TimeAmount = .seconds(30),
        relieve: (@Sendable () -> Void)?
    ) {
        self.group = group
        self.patience = patience
        self.pause = pause
        self.relieve = relieve
    }

    /// Has memory given back before long, for what has left much of it free.
    func relieveSoon() {
        guard relieve != nil else { return }
        let soon = NIODeadline.now() + patience
        let due: NIODeadline? = relief.withLock { relief in
            if relief.isDue { return nil }
            relief.isDue = true
            return max(soon, relief.last.map { $0 + pause } ?? soon)
        }
        guard let due else { return }
        group.next().scheduleTask(deadline: due) {
            NIOThreadPool.singleton.submit { _ in self.relieveNow() }
        }
    }

    private func relieveNow() {
        relief.withLock { $0 = Relief(last: .now()) }
        relieve?()
    }
}
