/// Which function of the hot path executes an op; `general` is everything else.
enum Handler: UInt8 {
  case general
}
