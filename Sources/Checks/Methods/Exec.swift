import Glibc
import NIOCore
import Programs

/// `exec`: a program of the user's own ends well.
package struct Exec: Check {
    package static let method = "exec"
    package static let summary = "A program, run without a shell, ends with the right exit code."
    package static let parameters = [
        CheckParameter("program", .text, form: "the absolute path of a program", required: true, "What to run."),
        CheckParameter(
            "arguments", .text, form: "words, quoted where they have blanks in them",
            "What to give it; no shell sees it."),
        CheckParameter("exit", .integer(0...255), "The exit code that is ok; 0 if not given."),
        CheckParameter("expect", .text, "The last line that it prints must have this in it."),
    ]

    private let program: String
    private let words: [String]
    private let code: Int
    private let expected: TextSearch?

    /// Programs that run at the same time; further ones wait their turn, within their timeout.
    static let mostPrograms = 32
    private static let threads = ProgramThreads(mostPrograms)
    /// Octets of its end that are kept of what a program prints.
    private static let longestTail = 4096

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let program = reader.text("program")
        if let program {
            if reader.forbidden.forbidsPrograms {
                reader.refuse(
                    "program", "may not be run here", expected: "a method that checks.forbid does not rule out")
            } else if !program.hasPrefix("/") {
                reader.refuse("program", "is not an absolute path")
            } else if access(program, X_OK) != 0 {
                reader.refuse("program", "is not there, or may not be run by this process")
            }
        }
        let text = reader.text("arguments") ?? ""
        let (words, faults) = CheckOptions.split(text)
        for fault in faults { reader.refuse("arguments", fault.problem) }
        if text.utf8.contains(0) { reader.refuse("arguments", "has a zero byte in it") }
        code = reader.integer("exit") ?? 0
        expected = reader.text("expect").map { TextSearch($0) }
        self.program = try reader.require(program)
        self.words = words
    }

    package var target: String { program }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let limit = TimeLimit(timeout)
        let call = Program(program, words, output: .end(Self.longestTail), errors: nil)
        let outcome = await Self.threads.run(call, until: .now + timeout)
        return ProbeResult(judge(outcome, within: limit), ProbePhases(), at: nil, within: limit)
    }

    private func judge(_ outcome: ProgramOutcome, within limit: TimeLimit) -> Verdict {
        let line = Self.lastLine(outcome.output)
        switch outcome.ending {
        case .cancelled: return .err("cancelled")
        case .neverStarted: return .err("timed out after \(inWords(limit.timeout)) waiting for its turn to run")
        case .cannotStart(let errno): return .err("cannot be run: \(String(cString: strerror(errno)))")
        case .timedOut:
            return .err("timed out after \(inWords(limit.timeout)), killed with its children" + told(line))
        case .killed(let signal): return .err("ended by signal \(signal)" + told(line))
        case .exited(let found):
            guard Int(found) == code else { return .err("exit code \(found), expected \(code)" + told(line)) }
            guard var search = expected else { return .ok("exit code \(found)" + told(line)) }
            line.withUnsafeBytes { search.feed($0) }
            return search.isFound
                ? .ok("exit code \(found)" + told(line))
                : .err(
                    "text \(search) not found in the last line"
                        + (line.isEmpty ? ", as it printed nothing" : told(line)))
        }
    }

    private static func lastLine(_ tail: [UInt8]) -> [UInt8] {
        tail.split { $0 == 0x0A || $0 == 0x0D }.last { $0.contains { $0 > 0x20 } }.map(Array.init) ?? []
    }

    private func told(_ line: [UInt8]) -> String {
        if line.isEmpty { return "" }
        return ": "
            + (String(validating: line, as: UTF8.self).map { printable($0, limit: 200) } ?? printable(line, limit: 200))
    }
}
