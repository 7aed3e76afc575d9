import Synchronization

/// Who reads or writes a store at the moment. Nothing may be asked of SQLite once the store is closed, not even by
/// somebody who had begun to wait for a connection before: closing waits for them.
final class StoreUse: Sendable {
    private struct State {
        var users = 0
        var isOver = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// False when it is over; otherwise `end` is owed.
    func begin() -> Bool {
        state.withLock { state in
            if state.isOver { return false }
            state.users += 1
            return true
        }
    }

    func end() {
        let closers = state.withLock { state in
            state.users -= 1
            guard state.users == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closers = [] }
            return state.closers
        }
        closers.forEach { $0.resume() }
    }

    /// Lets nobody begin any more, and waits until all have ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.isOver = true
                if state.users > 0 { state.closers.append(continuation) }
                return state.users == 0
            }
            if isOver { continuation.resume() }
        }
    }
}
