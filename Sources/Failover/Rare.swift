/// What hardly any of a hundred thousand has, kept apart, so that it takes one word where it is not.
@propertyWrapper
indirect enum Rare<Value: Hashable & Sendable>: Hashable, Sendable {
    case absent
    case present(Value)

    init(wrappedValue: Value?) { self = wrappedValue.map(Rare.present) ?? .absent }

    var wrappedValue: Value? {
        get { if case .present(let value) = self { value } else { nil } }
        set { self = newValue.map(Rare.present) ?? .absent }
    }
}
