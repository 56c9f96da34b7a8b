#include <memory>
#include <vector>

#include <webp/decode.h>

#include "data/image/alpha.h"
#include "data/image/stored_image.h"

namespace tpretrain {
namespace {

const char* explain(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "the WebP is truncated";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "the WebP uses a feature that the decoder does not have";
    case VP8_STATUS_OUT_OF_MEMORY:
      return "the WebP takes more memory than there is";
    default:
      return "the WebP is damaged";
  }
}

class WebP final : public StoredImage {
 public:
  WebP(std::string bytes, std::string name, const ImageLimits& limits)
      : StoredImage(std::move(bytes), std::move(name), limits) {
    WebPBitstreamFeatures features;
    check(WebPGetFeatures(data(), this->bytes().size(), &features));
    if (features.has_animation != 0) {
      fail("the WebP is animated; only still pictures are taken");
    }
    set_size(features.height, features.width);
    has_alpha_ = features.has_alpha != 0;
  }

  void decode(int64_t min_height, int64_t min_width, Image& out) const override;

 private:
  void check(VP8StatusCode status) const {
    if (status != VP8_STATUS_OK) {
      fail(explain(status));
    }
  }

  void decompress(WEBP_CSP_MODE mode, int64_t channels, std::vector<uint8_t>& out) const;

  bool has_alpha_ = false;
};

void WebP::decompress(WEBP_CSP_MODE mode, int64_t channels, std::vector<uint8_t>& out) const {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) {
    fail("the WebP decoder could not be made");
  }
  config.output.colorspace = mode;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {out.data(), static_cast<int>(channels * width()), out.size()};
  const VP8StatusCode status = WebPDecode(data(), bytes().size(), &config);
  WebPFreeDecBuffer(&config.output);
  check(status);
}

/// The format has no cheap decode at a smaller size, so the minimum does not matter.
void WebP::decode(int64_t /*min_height*/, int64_t /*min_width*/, Image& out) const {
  resize_image(out, height(), width());
  if (!has_alpha_) {
    decompress(MODE_RGB, 3, out.pixels);
    return;
  }
  std::vector<uint8_t> rgba(static_cast<size_t>(height() * width() * 4));
  decompress(MODE_RGBA, 4, rgba);
  drop_alpha(rgba.data(), height() * width(), alpha(), out.pixels.data());
}

}  // namespace

std::unique_ptr<EncodedImage> open_webp(std::string bytes, std::string name,
                                        const ImageLimits& limits) {
  return std::make_unique<WebP>(std::move(bytes), std::move(name), limits);
}

}  // namespace tpretrain
