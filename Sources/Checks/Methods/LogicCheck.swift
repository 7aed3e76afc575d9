import Failover
import NIOCore

/// `logic`: an expression over other indicators and the time of day.
package struct LogicCheck: Check {
    package static let method = "logic"
    package static let summary = "An expression over other indicators: all, any, at-least 2 of, not, time windows."
    package static let parameters = [
        CheckParameter(
            "expression", .text, form: "such as all(web, any(db-1, db-2)) or web and during 08:00-18:00 Europe/Berlin",
            required: true, "What must be true.")
    ]

    /// The engine works it out.
    package let logic: Logic
    /// Its time windows, of which the engine must be told.
    package let windows: [TimeWindow]
    private let text: String

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let read = reader.read("expression", LogicText.parse)
        text = arguments.values["expression"] ?? ""
        (logic, windows) = try reader.require(read)
    }

    /// What is made and not written: `text` tells of it.
    package init(_ logic: Logic, text: String) {
        self.logic = logic
        self.text = text
        windows = []
    }

    package var target: String { printable(text, limit: 200) }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        ProbeResult(isSuccess: false, reason: "it is worked out from other indicators, there is nothing to probe")
    }
}
