import Secrets

/// What stands in an error instead of a value that may be a secret.
private let hidden = "…"

/// Why a text is not what an argument needs. Each parser has a closed enum of its own.
protocol ArgumentFault: Error {
    /// Completes a sentence that begins with the key and the value: `has no host`.
    var problem: String { get }
}

/// Reads the arguments of one method strictly and gathers everything that is wrong with them, so that a person
/// corrects a configuration once and not once per mistake.
struct ArgumentReader {
    private let values: [String: String]
    private let parameters: [CheckParameter]
    /// Where the check must not go.
    let forbidden: AddressBan
    private(set) var errors: [CheckArgumentError] = []

    init(_ arguments: CheckArguments, of method: any Check.Type) {
        values = arguments.values
        forbidden = arguments.forbidden
        parameters = method.parameters
        let names = parameters.map(\.name)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) where !names.contains(key) {
            errors.append(
                CheckArgumentError(
                    key: key, value: value, problem: "is not an argument of \(method.method)",
                    expected: suggestion(for: key, among: names) ?? "one of " + names.joined(separator: ", ")))
        }
        for parameter in parameters where parameter.isRequired && values[parameter.name] == nil {
            errors.append(
                CheckArgumentError(key: parameter.name, value: nil, problem: "is missing", expected: parameter.form))
        }
    }

    /// Whether the method has such an argument.
    func takes(_ key: String) -> Bool { parameters.contains { $0.name == key } }

    /// Whether the argument was written at all.
    func has(_ key: String) -> Bool { values[key] != nil }

    /// The argument as `parse` reads it; nil if it is not there or wrong.
    mutating func read<Value, Fault: ArgumentFault>(
        _ key: String, _ parse: (String) throws(Fault) -> Value
    ) -> Value? {
        guard let value = text(key) else { return nil }
        do {
            let value = try parse(value)
            guard isAllowed((value as? Host) ?? (value as? WebAddress)?.host, key) else { return nil }
            return value
        } catch {
            refuse(key, error.problem)
            return nil
        }
    }

    /// False, with an error, if it is an address that checks are kept from.
    mutating func isAllowed(_ host: Host?, _ key: String) -> Bool {
        guard case .address(let address)? = host, forbidden.forbids(address) else { return true }
        refuse(key, "is an address that checks are kept from", expected: "one that checks.forbid does not have")
        return false
    }

    /// A text that is not empty.
    mutating func text(_ key: String) -> String? {
        guard let value = values[key] else { return nil }
        guard !value.isEmpty else {
            refuse(key, "is empty")
            return nil
        }
        return value
    }

    /// A whole number in the range that the parameter declares; only digits, so that `+80` and `8_0` are refused.
    mutating func integer(_ key: String) -> Int? {
        guard let value = text(key) else { return nil }
        guard case .integer(let range) = parameter(key).kind else {
            preconditionFailure("\(key) is not declared as a number")
        }
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(value) else {
            refuse(key, "is not a whole number")
            return nil
        }
        guard range.contains(number) else {
            refuse(key, "is out of range")
            return nil
        }
        return number
    }

    /// False unless it was written.
    mutating func flag(_ key: String) -> Bool {
        switch values[key] {
        case nil, "false", "no": return false
        case "true", "yes": return true
        default:
            refuse(key, "is neither yes nor no")
            return false
        }
    }

    /// Notes that an argument is wrong; `expected` is the parameter's form unless given.
    mutating func refuse(_ key: String, _ problem: String, expected: String? = nil) {
        errors.append(
            CheckArgumentError(
                key: key, value: values[key], problem: problem, expected: expected ?? parameter(key).form))
    }

    /// The same for an argument whose value must not be shown.
    mutating func refuseHidden(_ key: String, _ problem: String, expected: String? = nil) {
        errors.append(
            CheckArgumentError(
                key: key, value: hidden, problem: problem, expected: expected ?? parameter(key).form))
    }

    /// A secret, read from where the argument says it is.
    mutating func secret(_ key: String) -> Secret? {
        guard let reference = text(key) else { return nil }
        do {
            return try SecretArgument.read(reference)
        } catch .plain {
            refuseHidden(key, SecretArgument.Fault.plain.problem)  // it may be the secret itself
        } catch {
            refuse(key, error.problem)
        }
        return nil
    }

    /// Throws if anything was wrong.
    func finish() throws(CheckArgumentErrors) {
        guard errors.isEmpty else { throw CheckArgumentErrors(errors) }
    }

    /// The value, or all the errors; for an argument without which there is nothing to build.
    func require<Value>(_ value: Value?) throws(CheckArgumentErrors) -> Value {
        try finish()
        guard let value else { preconditionFailure("a required argument is nil though no error was noted") }
        return value
    }

    private func parameter(_ key: String) -> CheckParameter {
        guard let parameter = parameters.first(where: { $0.name == key }) else {
            preconditionFailure("\(key) is not declared")
        }
        return parameter
    }
}
