import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird

/// A backup is put in the place of all that the server remembers.
extension Site {
    /// The longest backup that is taken, octets.
    private static let backupLimit = 8 << 30
    static let restorePath = "/api/v1/restore"

    var restoreOperations: [Operation] {
        [
            Operation(
                method: .post, path: Self.restorePath, id: "restoreBackup",
                summary: "Puts a backup in the place of all that the server remembers; it answers meanwhile.",
                access: .role(.admin),
                query: [.init("name", .string(length: 1...255), "What the file is called, for the audit log.")],
                remembersReplies: false, body: .string(), bodyType: "application/octet-stream",
                result: .named("RestoreReport"), problems: [.conflict, .unprocessableContent, .serviceUnavailable]
            ) { call in try await restore(call) }
        ]
    }

    private func restore(_ call: Call) async throws -> Response {
        guard let restoring else { throw Problem(.serviceUnavailable, "This server keeps nothing to restore.") }
        let path = restoring.uploadPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await receive(call.request, as: path)
        do throws(RestoreRefusal) {
            let report = try await restoring.restore(
                path, called: call.text("name") ?? "a backup", by: call.actor, from: call.address)
            return try Self.response(report)
        } catch {
            // The file's place on the server says nothing to whoever has sent it.
            let words = "\(error)".replacing(path, with: call.text("name") ?? "the file")
            switch error {
            case .unfit: throw Problem(.unprocessableContent, "\(words).")
            case .busy: throw Problem(.conflict, "\(words).")
            case .failed: throw Problem(.serviceUnavailable, "\(words).")
            }
        }
    }

    private static func response(_ report: RestoreReport) throws(RestoreRefusal) -> Response {
        do {
            return try .json(report)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Writes the body into a file that only the server may read.
    private func receive(_ request: Request, as path: String) async throws {
        let made = FileManager.default.createFile(
            atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        guard made, let file = FileHandle(forWritingAtPath: path) else {
            throw Problem(.serviceUnavailable, "The data folder cannot be written to.")
        }
        defer { try? file.close() }
        var length = 0
        for try await part in request.body {
            length += part.readableBytes
            guard length <= Self.backupLimit else {
                throw Problem(.contentTooLarge, "The body is longer than \(Self.backupLimit) octets.")
            }
            do {
                try file.write(contentsOf: part.readableBytesView)
            } catch {
                throw Problem(.serviceUnavailable, "The backup cannot be written to the data folder: \(error)")
            }
        }
    }
}
