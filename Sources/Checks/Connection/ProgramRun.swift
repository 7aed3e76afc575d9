import CProcess
import Glibc
import NIOCore
import Synchronization

/// One run of a program, in a process group of its own, which is killed as a whole when the run is over.
final class ProgramRun: Sendable {
    enum Ending: Sendable {
        case exited(Int32, lastLine: [UInt8])
        case killed(signal: Int32, lastLine: [UInt8])
        case timedOut(lastLine: [UInt8])
        case cannotStart(errno: Int32)
        case neverStarted
        case cancelled
    }

    private let program: String
    private let arguments: [String]
    private let limit: TimeLimit
    private let isCancelled = Atomic(false)

    /// Bytes of its end that are kept of what it prints; it may print as much as it likes.
    private static let longestTail = 4096

    init(program: String, arguments: [String], limit: TimeLimit) {
        (self.program, self.arguments, self.limit) = (program, arguments, limit)
    }

    /// Has it killed within 10 ms.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Runs it to its end; blocks the thread.
    func perform() -> Ending {
        if isCancelled.load(ordering: .relaxed) { return .cancelled }
        if limit.end <= .now() { return .neverStarted }
        var ends: [Int32] = [-1, -1]
        guard cprocess_pipe(&ends) == 0 else { return .cannotStart(errno: errno) }
        defer { close(ends[0]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let (process, failure) = start(output: ends[1])
        close(ends[1])
        guard failure == 0 else { return .cannotStart(errno: failure) }
        return watch(process, ends[0])
    }

    /// Starts it with nothing to read, what it prints going to `output`.
    private func start(output: Int32) -> (pid_t, Int32) {
        let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process = pid_t()
        let failure = cprocess_start(&process, program, words, -1, output, output)
        return (process, failure)
    }

    private func watch(_ process: pid_t, _ output: Int32) -> Ending {
        var tail: [UInt8] = []
        var (isOver, isOpen) = (false, true)
        while !isOver, !isCancelled.load(ordering: .relaxed), limit.end > .now() {
            let left = max(1, min(10, Int32((limit.end - .now()).nanoseconds / 1_000_000)))
            if isOpen {
                var watched = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
                poll(&watched, 1, left)
                isOpen = read(output, into: &tail)
            } else {
                usleep(1000)
            }
            // Left as it is, so that its number, which is its group's, is nobody else's before the group is killed.
            var found = siginfo_t()
            isOver = waitid(P_PID, id_t(process), &found, WEXITED | WNOHANG | WNOWAIT) == 0 && found.si_signo == SIGCHLD
        }
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if isOpen { _ = read(output, into: &tail) }
        let line = Self.lastLine(tail)
        if !isOver { return isCancelled.load(ordering: .relaxed) ? .cancelled : .timedOut(lastLine: line) }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF, lastLine: line) : .killed(signal: signal, lastLine: line)
    }

    /// Takes what there is, 1 MiB at most at a time; false when there will be no more.
    private func read(_ output: Int32, into tail: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16384)
        for _ in 0..<64 {
            let count = Glibc.read(output, &chunk, chunk.count)
            if count == 0 { return false }
            guard count > 0 else { return true }
            tail += chunk[..<count]
            if tail.count > Self.longestTail { tail.removeFirst(tail.count - Self.longestTail) }
        }
        return true
    }

    private static func lastLine(_ tail: [UInt8]) -> [UInt8] {
        tail.split { $0 == 0x0A || $0 == 0x0D }.last { $0.contains { $0 > 0x20 } }.map(Array.init) ?? []
    }
}
