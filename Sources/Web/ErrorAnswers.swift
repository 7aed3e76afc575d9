import Accounts
import HTTPTypes
import Hummingbird
import Logging

/// Turns whatever goes wrong into an answer: a problem (RFC 9457) for programs, a plain sentence for people.
struct ErrorAnswers: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as AccountsError {
            return Problem(error).response
        } catch let error as HTTPError {
            let problem = Problem(error.status, error.body ?? Self.sentence(for: error.status, request))
            return Self.isProgram(request) ? problem.response : problem.text
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("A request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return Problem(.internalServerError, "That failed; the server's log says why.").response
        }
    }

    private static func isProgram(_ request: Request) -> Bool {
        let path = request.uri.path
        return path.hasPrefix("/api") || request.headers[.accept]?.contains("text/html") != true
    }

    private static func sentence(for status: HTTPResponse.Status, _ request: Request) -> String {
        status == .notFound ? "There is nothing at \(request.uri.path)." : "\(status.reasonPhrase)."
    }
}

extension Problem {
    /// The same for people.
    var text: Response {
        .text("\(status.reasonPhrase)\n\n\(detail)\n", type: "text/plain; charset=utf-8", status: status)
    }
}
