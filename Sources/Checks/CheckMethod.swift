/// The methods that exist.
package enum CheckMethod {
    /// In the order of the documentation.
    package static let all: [any Check.Type] = []

    /// The method of that name, or nil.
    package static func named(_ name: String) -> (any Check.Type)? { all.first { $0.method == name } }
}
