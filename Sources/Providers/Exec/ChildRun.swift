import Foundation

/// One run of a program: input in, output and errors out, within a deadline.
struct ChildRun: Sendable {
    enum End: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
        case timedOut
    }

    var end: End
    /// At most 1 MiB each; what is beyond is read and dropped.
    var output: String
    var errors: String

    /// Throws `refused(.unsupported)` if the program cannot be started.
    static func run(
        _ program: String, _ arguments: [String], input: Data, until deadline: Deadline
    ) async throws(ProviderError) -> ChildRun {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        let (ended, continuation) = AsyncStream.makeStream(of: End.self)
        process.terminationHandler = { process in
            let isSignal = process.terminationReason == .uncaughtSignal
            continuation.yield(isSignal ? .signal(process.terminationStatus) : .code(process.terminationStatus))
        }
        do {
            try process.run()
        } catch {
            throw .refused(.unsupported, words: "\(program) cannot be started: \(error.localizedDescription)")
        }
        let identifier = process.processIdentifier
        let output = read(stdout)
        let errors = read(stderr)
        write(input, to: stdin)
        let alarm = Task {
            try await ContinuousClock().sleep(until: deadline.instant)
            continuation.yield(.timedOut)
        }
        var end = End.timedOut
        for await first in ended {
            end = first
            break
        }
        alarm.cancel()
        // It has a process group of its own: what it has started goes with it.
        if end == .timedOut, process.isRunning { kill(-identifier, SIGKILL) }
        // Something that it left behind may keep the pipes open: what has come by then is taken.
        return ChildRun(end: end, output: await output.text(), errors: await errors.text())
    }

    private static func write(_ input: Data, to pipe: Pipe) {
        let handle = pipe.fileHandleForWriting
        Thread.detachNewThread {
            // A program that does not read its input must not end ours.
            signal(SIGPIPE, SIG_IGN)
            try? handle.write(contentsOf: input)
            try? handle.close()
        }
    }

    private static func read(_ pipe: Pipe) -> Gathered {
        let gathered = Gathered()
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread {
            while let part = try? handle.read(upToCount: 64 << 10), !part.isEmpty { gathered.add(part) }
            gathered.finish()
        }
        return gathered
    }
}

/// What comes out of a pipe, up to a limit.
private final class Gathered: Sendable {
    private let stream: AsyncStream<Data>
    private let continuation: AsyncStream<Data>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Data.self, bufferingPolicy: .bufferingOldest(16)) }

    func add(_ part: Data) { continuation.yield(part) }
    func finish() { continuation.finish() }

    /// Waits for the end of the pipe, at most a second.
    func text() async -> String {
        let limit = Task {
            try? await ContinuousClock().sleep(for: .seconds(1))
            continuation.finish()
        }
        defer { limit.cancel() }
        var octets = Data()
        for await part in stream { octets.append(part) }
        return String(decoding: octets, as: UTF8.self)
    }
}
