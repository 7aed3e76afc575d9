/// The methods that exist.
package enum CheckMethod {
    /// In the order of the documentation.
    package static let all: [any Check.Type] = [
        HTTPGrep.self, HTTPStatus.self, HTTPDigest.self, TCP.self, TLSHandshake.self, Ping.self, DNSQuery.self,
        UDP.self, SMTP.self, IMAP.self, POP3.self, FTP.self, SSH.self, PostgreSQL.self, MySQL.self, Redis.self,
        WebSocket.self, GRPC.self, Exec.self, DNSBL.self, DomainExpiry.self,
        Heartbeat.self, ReportedNumber.self, ReportedText.self, LogicCheck.self,
    ]

    /// The method of that name, or nil.
    package static func named(_ name: String) -> (any Check.Type)? { all.first { $0.method == name } }

    /// Makes a check from what was written. `options`, if it is among the arguments, is taken apart here.
    /// Throws everything that is wrong at once; an unknown method is reported under the key `check`.
    package static func make(
        method name: String, arguments: CheckArguments
    ) throws(CheckArgumentErrors) -> any Check {
        guard let method = named(name) else {
            let names = all.map { $0.method }
            let expected = suggestion(for: name, among: names) ?? "one of " + names.joined(separator: ", ")
            throw CheckArgumentErrors([
                CheckArgumentError(key: "check", value: name, problem: "is not a check method", expected: expected)
            ])
        }
        let (merged, faults) = merge(arguments, for: method)
        let check: any Check
        do {
            check = try method.init(merged)
        } catch {
            throw CheckArgumentErrors(faults + error.errors)
        }
        guard faults.isEmpty else { throw CheckArgumentErrors(faults) }
        return check
    }

    /// Puts the words of `options` beside the other arguments.
    private static func merge(
        _ arguments: CheckArguments, for method: any Check.Type
    ) -> (CheckArguments, [CheckArgumentError]) {
        var merged = arguments
        guard let text = merged.values.removeValue(forKey: CheckOptions.key) else { return (merged, []) }
        let options: [String: String]
        do {
            options = try CheckOptions.parse(text)
        } catch {
            return (merged, error.errors)
        }
        var faults: [CheckArgumentError] = []
        for (key, value) in options.sorted(by: { $0.key < $1.key }) {
            if let parameter = method.parameters.first(where: { $0.name == key }), !parameter.isOption {
                faults.append(
                    CheckArgumentError(
                        key: CheckOptions.key, value: key, problem: "is an argument, not an option",
                        expected: "\(key) on a line of its own"))
                merged.values[key] = merged.values[key] ?? value  // so that it is not reported as missing too
            } else if merged.values.updateValue(value, forKey: key) != nil {
                faults.append(
                    CheckArgumentError(
                        key: key, value: value, problem: "is given twice, by itself and in options",
                        expected: "\(key) once"))
            }
        }
        return (merged, faults)
    }
}
