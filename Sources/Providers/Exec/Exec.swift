import DNS
import Foundation

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
        let ended = try await ChildRun.run(program, arguments, input: request.json, until: deadline)
        let said = oneLine(ended.errors.isEmpty ? ended.output : ended.errors)
        switch ended.end {
        case .timedOut:
            let words = "\(program) had not ended within its time and was killed"
            if changes { throw .outcomeUnknown(words: words) }
            throw .unavailable(.timedOut, words: words)
        case .signal(let number):
            let words = "\(program) was ended by signal \(number)"
            if changes { throw .outcomeUnknown(words: words) }
            throw .unavailable(.faulty, words: words)
        case .code(let code):
            let reply = RecordReply(Data(ended.output.utf8))
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
