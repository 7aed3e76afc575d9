import CProcess
import Glibc
import Synchronization

/// One run of a program.
///
///     input ─► a file in memory ─► program ─► two pipes ─► what is kept of them
///                                     └─ its end, its deadline, a cancellation: whichever is first; then its group is killed
final class ProgramRun: Sendable {
    private let program: Program
    private let deadline: ContinuousClock.Instant
    private let isCancelled = Atomic(false)

    /// How soon a cancellation is seen, milliseconds.
    private static let look = 10.0

    init(_ program: Program, until deadline: ContinuousClock.Instant) {
        (self.program, self.deadline) = (program, deadline)
    }

    /// Has it killed within 10 ms.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Runs it to its end; blocks the thread.
    func perform() -> ProgramOutcome {
        if isOver { return ProgramOutcome(ending: .cancelled) }
        if deadline <= .now { return ProgramOutcome(ending: .neverStarted) }
        var input: Int32 = -1
        defer { if input >= 0 { close(input) } }
        if !program.input.isEmpty {
            input = cprocess_memory_file()
            guard input >= 0, fill(input) else { return ProgramOutcome(ending: .cannotStart(errno: errno)) }
        }
        guard let output = PipeEnds() else { return ProgramOutcome(ending: .cannotStart(errno: errno)) }
        defer { output.close() }
        var errors: PipeEnds?
        if program.errors != nil {
            errors = PipeEnds()
            if errors == nil { return ProgramOutcome(ending: .cannotStart(errno: errno)) }
        }
        defer { errors?.close() }
        let (process, failure) = start(input, output.writing, errors?.writing ?? output.writing)
        output.closeWriting()
        errors?.closeWriting()
        guard failure == 0 else { return ProgramOutcome(ending: .cannotStart(errno: failure)) }
        return watch(process, output.reading, errors?.reading)
    }

    private var isOver: Bool { isCancelled.load(ordering: .relaxed) }

    private func fill(_ file: Int32) -> Bool {
        var written = 0
        while written < program.input.count {
            let count = program.input.withUnsafeBytes { octets in
                write(file, octets.baseAddress.map { $0 + written }, octets.count - written)
            }
            guard count > 0 else { return false }
            written += count
        }
        return lseek(file, 0, SEEK_SET) == 0
    }

    private func start(_ input: Int32, _ output: Int32, _ errors: Int32) -> (pid_t, Int32) {
        let words: [UnsafeMutablePointer<CChar>?] = ([program.path] + program.arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process = pid_t()
        let failure = cprocess_start(
            &process, program.path, words, program.environment == .ours ? 1 : 0, input, output, errors)
        return (process, failure)
    }

    private func watch(_ process: pid_t, _ output: Int32, _ errors: Int32?) -> ProgramOutcome {
        let end = cprocess_watch(process)
        defer { if end >= 0 { close(end) } }
        var printed = Printed(from: output, keeping: program.output)
        var complaints = Printed(from: errors ?? -1, keeping: program.errors ?? .beginning(0))
        var hasEnded = false
        while !hasEnded, !isOver {
            let left = deadline - .now
            if left <= .zero { break }
            // A pipe that is closed is always ready: -1 is passed over, as is the end where the kernel cannot tell of it.
            var watched = [printed.source, complaints.source, end].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&watched, 3, Int32(max(1, min(Self.look, left / .milliseconds(1)))))
            printed.take()
            complaints.take()
            // Left as it is, so that its number, which is its group's, is nobody else's before the group is killed.
            var found = siginfo_t()
            hasEnded =
                waitid(P_PID, id_t(process), &found, WEXITED | WNOHANG | WNOWAIT) == 0 && found.si_signo == SIGCHLD
        }
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        printed.take()
        complaints.take()
        return ProgramOutcome(
            ending: hasEnded ? Self.ending(status) : isOver ? .cancelled : .timedOut, output: printed.kept,
            errors: complaints.kept)
    }

    private static func ending(_ status: Int32) -> ProgramOutcome.Ending {
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }
}

/// A pipe that no other program inherits; reading from it never waits.
private final class PipeEnds {
    let reading: Int32
    private(set) var writing: Int32

    init?() {
        var ends: [Int32] = [-1, -1]
        guard cprocess_pipe(&ends) == 0 else { return nil }
        (reading, writing) = (ends[0], ends[1])
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    func closeWriting() {
        if writing >= 0 { Glibc.close(writing) }
        writing = -1
    }

    func close() {
        closeWriting()
        Glibc.close(reading)
    }
}

/// What has come out of a pipe.
private struct Printed {
    /// -1 when there will be no more.
    private(set) var source: Int32
    private(set) var kept: [UInt8] = []
    private let part: Program.Part

    init(from source: Int32, keeping part: Program.Part) { (self.source, self.part) = (source, part) }

    /// Takes what there is, 1 MiB at most at a time.
    mutating func take() {
        guard source >= 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        for _ in 0..<64 {
            let count = read(source, &chunk, chunk.count)
            if count == 0 { source = -1 }
            guard count > 0 else { return }
            keep(chunk[..<count])
        }
    }

    private mutating func keep(_ octets: ArraySlice<UInt8>) {
        switch part {
        case .beginning(let limit): kept += octets.prefix(max(0, limit - kept.count))
        case .end(let limit):
            kept += octets
            if kept.count > limit { kept.removeFirst(kept.count - limit) }
        }
    }
}
