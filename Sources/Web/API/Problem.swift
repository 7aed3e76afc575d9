import Foundation
import HTTPTypes
import Hummingbird
import JSONTree
import NIOCore

/// An error as the API tells it (RFC 9457).
struct Problem: Error, Sendable {
    var status: HTTPResponse.Status
    /// What is wrong, and what would be right.
    var detail: String
    var violations: [Violation] = []
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ detail: String, violations: [Violation] = []) {
        self.status = status
        self.detail = detail
        self.violations = violations
    }

    static let schema = Schema.object([
        .init("type", .string(), "Always about:blank: the status says what kind of problem it is."),
        .init("title", .string(), "The status in words."), .init("status", .integer(100...599)),
        .init("detail", .string(), "What is wrong, and what would be right."),
        .init(
            "errors",
            .array(
                .object([
                    .init("pointer", .string(), "Where, as a JSON Pointer."), .init("detail", .string()),
                ])), "Each wrong value of the request.", required: false),
    ])

    var response: Response {
        var object: [String: JSONValue] = [
            "type": "about:blank", "title": .string(status.reasonPhrase), "status": .number(Double(status.code)),
            "detail": .string(detail),
        ]
        if !violations.isEmpty {
            object["errors"] = .array(
                violations.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] })
        }
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        let body = (try? JSON.encode(JSONValue.object(object))) ?? ByteBuffer()
        return Response(status: status, headers: headers, body: .init(byteBuffer: body))
    }
}
