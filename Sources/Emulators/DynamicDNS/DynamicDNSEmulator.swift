import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A dynamic DNS service on this machine: the update address `/nic/update`, its words, and its limit for each name.
///
/// It answers 200 whatever happened, as these services do: the word decides.
package struct DynamicDNSEmulator: Emulator {
    /// Who knows which names.
    package enum Dialect: String, Sendable, CaseIterable {
        /// A key for each name, in a form (POST) or by HTTP's Basic, and one family in each call.
        case hurricaneElectric = "hurricane-electric"
        /// A user with a password, by HTTP's Basic, and `myip`, `myip=V4,V6` or `myipv6`.
        case dyndns2
    }

    package static let name = "dynamic-dns"
    package static let changesWithEveryRequest = true
    package let faults = FaultPlan()
    private let dialect: Dialect
    private let state: DynamicDNSState

    /// - Parameter limit: so many updates of one name in two minutes; then `interval`.
    package init(_ dialect: Dialect, limit: Int = 10) {
        self.dialect = dialect
        state = DynamicDNSState(limit: limit)
    }

    // MARK: Setting up

    /// - Parameter secret: the name's key or its user's password.
    package func addHost(_ name: String, user: String? = nil, secret: String) async {
        await state.addHost(name.lowercased(), user: user ?? name.lowercased(), secret: secret)
    }

    /// The service has an error of its own, or not: `badsys`, `911`, `dnserr` …; nil: none.
    package func answerAlways(_ word: String?) async { await state.answerAlways(word) }

    /// The addresses that a name has.
    package func addresses(of name: String) async -> [String] { await state.addresses(of: name.lowercased()) }

    /// `www.example.org A 192.0.2.1`, sorted.
    package func listing() async -> [String] { await state.listing() }

    // MARK: Routes

    package func addRoutes(to routes: EmulatorRouter) {
        routes.router.get("/nic/update") { request, _ in
            await answer(to: request, fields: request.uri.queryParameters.map { (String($0.key), String($0.value)) })
        }
        guard dialect == .hurricaneElectric else { return }
        routes.router.post("/nic/update") { request, _ in
            let body = try await request.body.collect(upTo: 64 << 10)
            let form = URLComponents(string: "?" + String(buffer: body))?.queryItems ?? []
            let isForm = request.headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") ?? false
            return await answer(to: request, fields: isForm ? form.map { ($0.name, $0.value ?? "") } : [])
        }
    }

    private func answer(to request: Request, fields: [(String, String)]) async -> Response {
        var update = DynamicDNSUpdate(agent: request.headers[.userAgent])
        for (name, value) in fields {
            switch name {
            case "hostname": update.name = value.lowercased()
            case "password" where dialect == .hurricaneElectric: update.secret = value
            case "myip": update.addresses += value.split(separator: ",").map(String.init)
            case "myipv6" where dialect == .dyndns2: update.addresses.append(value)
            default: break
            }
        }
        if let basic = request.headers[.authorization], basic.hasPrefix("Basic "),
            let octets = Data(base64Encoded: String(basic.dropFirst(6)))
        {
            let words = String(decoding: octets, as: UTF8.self).split(separator: ":", maxSplits: 1)
            update.user = words.first.map(String.init)
            update.secret = words.count == 2 ? String(words[1]) : nil
        } else if dialect == .hurricaneElectric {
            update.user = update.name
        }
        if dialect == .hurricaneElectric { update.addresses = Array(update.addresses.prefix(1)) }
        return .plain(.ok, await state.take(update))
    }
}

/// One request, taken apart.
struct DynamicDNSUpdate {
    var agent: String?
    var user: String?
    var secret: String?
    var name: String?
    var addresses: [String] = []
}
