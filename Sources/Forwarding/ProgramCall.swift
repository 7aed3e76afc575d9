import CProcess
import Glibc
import NIOPosix

/// One run of a program that reads its input, prints and ends soon; without a shell, in a process group of its own.
struct ProgramCall: Sendable {
    enum Ending: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        case timedOut
        case cannotStart(errno: Int32)
    }

    struct Outcome: Sendable {
        var ending: Ending
        /// At most 16 MiB; more ends the program as if it had taken too long.
        var output: [UInt8] = []
        /// At most 64 KiB of its beginning.
        var errors: [UInt8] = []
    }

    let program: String
    var arguments: [String] = []
    var input: [UInt8] = []
    /// Then it is killed, and what it has started with it.
    var limit: Duration = .seconds(10)

    private static let longestOutput = 16 << 20
    private static let longestErrors = 64 << 10

    func perform() async -> Outcome {
        (try? await NIOThreadPool.singleton.runIfActive { performBlocking() }) ?? Outcome(ending: .timedOut)
    }

    private func performBlocking() -> Outcome {
        let file = cprocess_memory_file()
        guard file >= 0 else { return Outcome(ending: .cannotStart(errno: errno)) }
        defer { close(file) }
        guard fill(file) else { return Outcome(ending: .cannotStart(errno: errno)) }
        var (output, errors): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard cprocess_pipe(&output) == 0 else { return Outcome(ending: .cannotStart(errno: errno)) }
        defer { close(output[0]) }
        guard cprocess_pipe(&errors) == 0 else {
            close(output[1])
            return Outcome(ending: .cannotStart(errno: errno))
        }
        defer { close(errors[0]) }
        for end in [output[0], errors[0]] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process = pid_t()
        let failure = cprocess_start(&process, program, words, file, output[1], errors[1])
        close(output[1])
        close(errors[1])
        guard failure == 0 else { return Outcome(ending: .cannotStart(errno: failure)) }
        return watch(process, output[0], errors[0])
    }

    private func fill(_ file: Int32) -> Bool {
        var written = 0
        while written < input.count {
            let count = input.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            guard count > 0 else { return false }
            written += count
        }
        return lseek(file, 0, SEEK_SET) == 0
    }

    private func watch(_ process: pid_t, _ output: Int32, _ errors: Int32) -> Outcome {
        let clock = ContinuousClock()
        let end = clock.now + limit
        var outcome = Outcome(ending: .timedOut)
        var (isOver, openOutput, openErrors) = (false, true, true)
        while !isOver, clock.now < end, outcome.output.count <= Self.longestOutput {
            // A closed pipe is always ready: -1 is passed over.
            var watched = [
                pollfd(fd: openOutput ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: openErrors ? errors : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&watched, 2, openOutput || openErrors ? 10 : 1)
            if openOutput { openOutput = take(output, into: &outcome.output) }
            if openErrors { openErrors = take(errors, into: &outcome.errors) }
            if outcome.errors.count > Self.longestErrors {
                outcome.errors.removeLast(outcome.errors.count - Self.longestErrors)
            }
            // Left as it is, so that its number, which is its group's, is nobody else's before the group is killed.
            var found = siginfo_t()
            isOver = waitid(P_PID, id_t(process), &found, WEXITED | WNOHANG | WNOWAIT) == 0 && found.si_signo == SIGCHLD
        }
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if openOutput { _ = take(output, into: &outcome.output) }
        if openErrors { _ = take(errors, into: &outcome.errors) }
        if isOver {
            let signal = status & 0x7F
            outcome.ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
        }
        return outcome
    }

    /// Takes what there is; false when there will be no more.
    private func take(_ end: Int32, into octets: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while octets.count <= Self.longestOutput {
            let count = read(end, &chunk, chunk.count)
            if count == 0 { return false }
            guard count > 0 else { return true }
            octets += chunk[..<count]
        }
        return true
    }
}
