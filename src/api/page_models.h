// The compared models in the order, and with the names and signs, that they have all over the page.
#pragma once

#include <string>
#include <vector>

#include "nybble/compare.h"

namespace nybble::api {

// Borrows from the report.
struct PageModel {
  const ComparedModel* model = nullptr;
  std::string name;   // of the file; with the folder before it where two files share a name
  std::string label;  // short, for plots: the name without what all names share
  std::size_t sign = 0;

  const Measurement& measured() const { return model->measurement; }
  double megabytes() const { return static_cast<double>(measured().size.file_bytes) / 1e6; }
  double mean_divergence() const;  // NaN without a reference
};

// The last part of a path.
std::string file_name(const std::string& path);

// Smallest first.
std::vector<PageModel> page_models(const CompareReport& report);

// A model's sign is a colour, a dash pattern and the shape of its markers. Colours repeat after 6
// models and dashes after 4, so that 12 models differ in a line, and 60 in a line with markers.
std::string sign_class(const PageModel& model);  // of CSS; sets the colour
std::string dash_array(const PageModel& model);
std::string marker(const PageModel& model, double x, double y);  // an element of SVG

// The sign as a small picture for tables and keys.
std::string sign_picture(const PageModel& model);

// All signs with their labels.
std::string key_of_signs(const std::vector<PageModel>& models);

}  // namespace nybble::api
