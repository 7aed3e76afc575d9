import DNS
import Foundation
import Programs

/// A program of the user's own, which gets the desired RRsets as JSON on its standard input.
package struct Exec: Provider {
    package static let driver = "exec"
    package static let summary = "A program of your own that gets the desired records as JSON"
    package static let parameters = [
        ProviderParameter("program", .path, required: true, "The program to run."),
        ProviderParameter("arguments", .text, form: "words separated by blanks", "What it is called with."),
        ProviderParameter("reads", .flag, standard: "no", "Whether it answers what is there to \"action\": \"read\"."),
    ]

    package let capabilities: Capabilities
    private let program: String
    private let arguments: [String]

    private static let threads = ProgramThreads(32)
    /// Octets that are kept of what it prints.
    private static let mostOutput = 1 << 20
    /// Why a program that is all right cannot be started now: no room, or somebody is writing it.
    private static let passing = [EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY]

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let program = reader.path("program")
        self.arguments = (reader.text("arguments") ?? "").split(separator: " ").map(String.init)
        capabilities = .own(canBeRead: reader.flag("reads"))
        self.program = try reader.require(program)
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await run(RecordRequest(reading: owner, types: types), changes: false, until: deadline)
            .held(by: owner, types: types)
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let reply = try await run(RecordRequest(change), changes: true, until: deadline)
        return Acceptance(oneLine(reply.words ?? "accepted"))
    }

    /// Exit codes are those of sysexits.h: 0 is done, 75 is "later perhaps", 77 "not allowed"; any other one is a
    /// refusal unless the program says something else in JSON.
    private func run(
        _ request: RecordRequest, changes: Bool, until deadline: Deadline
    ) async throws(ProviderError) -> RecordReply {
        guard deadline.remaining > .zero else {
            throw .unavailable(.timedOut, words: "no time was left to run \(program)")
        }
        let call = Program(
            program, arguments, input: [UInt8](request.json), environment: .ours,
            output: .beginning(Self.mostOutput), errors: .beginning(Self.mostOutput))
        let outcome = await Self.threads.run(call, until: deadline.instant)
        let output = String(decoding: outcome.output, as: UTF8.self)
        let said = oneLine(outcome.errors.isEmpty ? output : String(decoding: outcome.errors, as: UTF8.self))
        switch outcome.ending {
        case .cannotStart(let errno):
            let words = "\(program) cannot be started: \(String(cString: strerror(errno)))"
            if Self.passing.contains(errno) { throw .unavailable(.faulty, words: words) }
            throw .refused(.unsupported, words: words)
        case .neverStarted:
            throw .unavailable(.timedOut, words: "too many programs ran already: no time was left to run \(program)")
        case .timedOut, .cancelled:
            let words = "\(program) had not ended within its time and was killed"
            if changes { throw .outcomeUnknown(words: words) }
            throw .unavailable(.timedOut, words: words)
        case .killed(let number):
            let words = "\(program) was ended by signal \(number)"
            if changes { throw .outcomeUnknown(words: words) }
            throw .unavailable(.faulty, words: words)
        case .exited(let code):
            let reply = RecordReply(Data(outcome.output))
            if let reply { try reply.check() }
            let words = said.isEmpty ? "\(program) ended with code \(code)" : said
            switch code {
            case 0: break
            case 75: throw .unavailable(.faulty, words: words)
            case 77: throw .refused(.credentials, words: words)
            default: throw .refused(.invalid, words: words)
            }
            guard let reply else {
                throw .unavailable(.notUnderstood, words: "\(program) answered no JSON object: \(said)")
            }
            return reply
        }
    }
}
