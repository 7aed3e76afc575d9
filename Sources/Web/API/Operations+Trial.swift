import Accounts
import Control
import Hummingbird

/// Trying a check that is not configured.
extension Site {
    var trialOperations: [Operation] {
        [
            // Not remembered: a repetition probes again.
            Operation(
                method: .post, path: "/api/v1/checks/try", id: "tryCheck",
                summary: "Probes once with a check that is not configured, and says what was found; keeps nothing.",
                access: .project(.admin), remembersReplies: false,
                body: .object([
                    .init("check", .string(length: 1...100), "The method, as the file has it: tcp, http, …"),
                    .init("arguments", .map(.string()), "As the file has them, each as a text.", required: false),
                ]), result: .named("Trial"), problems: [.serviceUnavailable]
            ) { call in
                struct Wish: Decodable {
                    var check: String
                    var arguments: [String: String]?
                }
                let wish = try call.decode(Wish.self)
                try await checkReferences(wish.arguments ?? [:], call.identity)
                return try .json(await control.trial(method: wish.check, arguments: wish.arguments ?? [:]))
            }
        ]
    }
}
