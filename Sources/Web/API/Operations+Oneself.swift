import Accounts
import Failover
import HTTPTypes
import Hummingbird
import Storage

/// What everybody does with their own account, and an admin with the second factor of somebody who has lost it.
extension Site {
    private static let factorPath = "/api/v1/me/second-factor"

    var ownOperations: [Operation] { [makeFactor, setFactor, removeFactor, resetFactor, changePassword] }

    private var makeFactor: Operation {
        Operation(
            method: .post, path: Self.factorPath, id: "makeSecondFactor",
            summary: "Makes a secret for an authenticator app. It counts once a code of it is shown.",
            access: .oneself, remembersReplies: false,
            result: .object([
                .init("secret", .string(), "Base32, to be typed."),
                .init("uri", .string(), "To be shown as a QR code (otpauth)."),
            ]), problems: [.serviceUnavailable]
        ) { call in
            struct Made: Encodable {
                var secret: String
                var uri: String
            }
            let name = try person(call)
            let secret = try accounts().makeSecondFactor()
            return try .json(
                Made(
                    secret: secret,
                    uri: "otpauth://totp/Ninelives:\(name.urlEncoded)?secret=\(secret)&issuer=Ninelives"))
        }
    }

    private var setFactor: Operation {
        Operation(
            method: .put, path: Self.factorPath, id: "setSecondFactor",
            summary: "From now on a code of this secret is wanted at each login.", access: .oneself,
            remembersReplies: false,
            body: .object([
                .init("secret", .string(length: 1...100)), .init("code", .string(length: 1...10), "A code of it."),
            ]), status: .noContent, problems: [.conflict, .serviceUnavailable]
        ) { call in
            struct Wish: Decodable {
                var secret: String
                var code: String
            }
            let (name, wish) = (try person(call), try call.decode(Wish.self))
            try await proving("The code is not one of this secret, or too old.") {
                try await accounts().setSecondFactor(
                    wish.secret, code: wish.code, of: name, noting: entry("user.second-factor.set", name, call))
            }
            return Response(status: .noContent)
        }
    }

    private var removeFactor: Operation {
        Operation(
            method: .delete, path: Self.factorPath, id: "removeSecondFactor",
            summary: "From now on the password is enough again.", access: .oneself,
            query: [.init("code", .string(length: 1...10), "A code of the second factor.")],
            status: .noContent, problems: [.notFound, .tooManyRequests, .serviceUnavailable]
        ) { call in
            let name = try person(call)
            try await proving("The code is wrong.") {
                try await accounts().removeSecondFactor(
                    of: name, code: call.text("code") ?? "", noting: entry("user.second-factor.remove", name, call))
            }
            return Response(status: .noContent)
        }
    }

    private var resetFactor: Operation {
        Operation(
            method: .delete, path: "/api/v1/users/{name}/second-factor", id: "resetSecondFactor",
            summary: "Takes away the second factor of somebody who has lost it.", access: .role(.admin),
            status: .noContent, problems: [.notFound, .serviceUnavailable]
        ) { call in
            let name = call.path["name"] ?? ""
            try await accounts().removeSecondFactor(
                of: name, code: nil, noting: entry("user.second-factor.reset", name, call))
            return Response(status: .noContent)
        }
    }

    private var changePassword: Operation {
        Operation(
            method: .put, path: "/api/v1/me/password", id: "changePassword",
            summary: "Changes one's own password, and ends all of one's sessions.", access: .oneself,
            remembersReplies: false,
            body: .object([.init("old", .string(length: 1...1000)), .init("new", .string(length: 1...1000))]),
            status: .noContent, problems: [.tooManyRequests, .unprocessableContent, .serviceUnavailable]
        ) { call in
            struct Wish: Decodable {
                var old: String
                var new: String
            }
            let (name, wish) = (try person(call), try call.decode(Wish.self))
            try await proving("The old password is wrong.") {
                try await accounts().changePassword(
                    of: name, from: wish.old, to: wish.new, noting: entry("user.password", name, call))
            }
            return Response(status: .noContent)
        }
    }

    /// Who has logged in: a token is not its owner.
    private func person(_ call: Call) throws -> String {
        guard case .session = call.identity?.proof, let name = call.identity?.name else {
            throw Problem(.forbidden, "A token cannot do this: log in with a password.")
        }
        return name
    }

    /// Whoever is logged in stays so, though a proof was wrong.
    private func proving(_ words: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch AccountsError.wrongCredentials {
            throw Problem(.forbidden, words)
        }
    }
}
