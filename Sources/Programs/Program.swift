/// A program and how it is run: without a shell, in a process group of its own, with none of our descriptors.
package struct Program: Hashable, Sendable {
    package enum Environment: Hashable, Sendable {
        /// PATH and LANG and nothing else, so that no secret is found there.
        case bare
        /// As ours is.
        case ours
    }

    /// What is kept of what a program prints, octets at most; the rest is read and dropped.
    package enum Part: Hashable, Sendable {
        case beginning(Int)
        case end(Int)
    }

    package let path: String
    package var arguments: [String]
    /// What it reads; without any it has nothing to read.
    package var input: [UInt8]
    package var environment: Environment
    package var output: Part
    /// Nil: errors are kept among the output.
    package var errors: Part?

    /// - Parameter path: not looked up in PATH.
    package init(
        _ path: String, _ arguments: [String] = [], input: [UInt8] = [], environment: Environment = .bare,
        output: Part = .beginning(1 << 20), errors: Part? = .beginning(64 << 10)
    ) {
        self.path = path
        self.arguments = arguments
        self.input = input
        self.environment = environment
        self.output = output
        self.errors = errors
    }
}

/// How a program has ended, and what it printed until then.
package struct ProgramOutcome: Hashable, Sendable {
    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        /// It was killed when its time was up.
        case timedOut
        case cannotStart(errno: Int32)
        /// Its time was up before it was its turn.
        case neverStarted
        /// Nobody waits for it any more: it was killed, or never started.
        case cancelled
    }

    package var ending: Ending
    package var output: [UInt8] = []
    package var errors: [UInt8] = []
}
